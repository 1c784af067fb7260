import type { IcrsPosition } from "./position.ts";

/** The requested shape on the sky (SODA 1.0, section 3.3.1). Borders belong to the shape. */
export type Stencil = CircleStencil | RangeStencil | PolygonStencil;

export type CircleStencil = {
  readonly shape: "circle";
  readonly center: IcrsPosition;
  /** (0, 180] */
  readonly radiusDegrees: number;
};

/**
 * Longitudes from `raMin` eastwards to `raMax` (raMin > raMax runs through RA 0), latitudes decMin … decMax.
 * Open bounds (±Inf) are resolved to 0/360 and ±90 when the text is parsed; a span of 360 is the whole circle.
 */
export type RangeStencil = {
  readonly shape: "range";
  readonly raMinDegrees: number;
  readonly raMaxDegrees: number;
  readonly decMinDegrees: number;
  readonly decMaxDegrees: number;
};

/** Great-circle edges between consecutive vertices, closed; the inside is the smaller side, whatever the winding. */
export type PolygonStencil = { readonly shape: "polygon"; readonly vertices: readonly IcrsPosition[] };
