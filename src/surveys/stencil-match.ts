import type { IcrsPosition } from "../sky/position.ts";
import { regionContains, regionsIntersect } from "../sky/region.ts";
import { separationDegrees } from "../sky/separation.ts";
import type { Stencil } from "../sky/stencil.ts";
import { decodeRegion } from "./region-bytes.ts";
import { centerOfStencil } from "./stencil-center.ts";

/** What the match needs of an image. */
export type ImageOutline = {
  readonly id: number;
  readonly footprint: Uint8Array;
  readonly raDegrees: number;
  readonly decDegrees: number;
  readonly wavelengthMetres: number | null;
  readonly key: string;
};

export type StencilMatch = {
  readonly id: number;
  readonly holdsStencil: boolean;
  /** Between the centres of image and stencil. */
  readonly distanceDegrees: number;
  readonly wavelengthMetres: number;
  readonly key: string;
};

/** A test for one stencil after another outline; null for an image that shares no point with it. */
export function createStencilMatcher(stencil: Stencil): (outline: ImageOutline) => StencilMatch | null {
  const center = centerOfStencil(stencil);
  let last: { footprint: Uint8Array; shape: ShapeMatch | null } | undefined;
  return (outline) => {
    // The bands of a tile follow each other and have one outline, byte for byte.
    if (last === undefined || !sameBytes(last.footprint, outline.footprint)) {
      last = { footprint: outline.footprint, shape: matchShape(outline, stencil, center) };
    }
    if (last.shape === null) return null;
    return { id: outline.id, ...last.shape, wavelengthMetres: outline.wavelengthMetres ?? Infinity, key: outline.key };
  };
}

/** Best first: see `Survey.findDatasets`. */
export function compareMatches(a: StencilMatch, b: StencilMatch): number {
  if (a.holdsStencil !== b.holdsStencil) return a.holdsStencil ? -1 : 1;
  if (a.distanceDegrees !== b.distanceDegrees) return a.distanceDegrees - b.distanceDegrees;
  if (a.wavelengthMetres !== b.wavelengthMetres) return a.wavelengthMetres < b.wavelengthMetres ? -1 : 1;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

type ShapeMatch = Pick<StencilMatch, "holdsStencil" | "distanceDegrees">;

function matchShape(outline: ImageOutline, stencil: Stencil, center: IcrsPosition): ShapeMatch | null {
  const region = decodeRegion(outline.footprint);
  if (!regionsIntersect(region, stencil)) return null;
  const { raDegrees, decDegrees } = outline;
  return {
    holdsStencil: regionContains(region, stencil),
    distanceDegrees: separationDegrees({ raDegrees, decDegrees }, center),
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}
