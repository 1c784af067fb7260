import type { IcrsPosition } from "../sky/position.ts";
import { overlapOf, type Region } from "../sky/region.ts";
import { separationDegrees } from "../sky/separation.ts";
import type { Stencil } from "../sky/stencil.ts";
import { centerOfStencil } from "./stencil-center.ts";

/** What the match needs of an image. */
export type ImageOutline = {
  readonly id: number;
  /** One object for all bands of a tile. */
  readonly shape: OutlineShape;
  readonly wavelengthMetres: number | null;
  readonly key: string;
};

export type OutlineShape = { readonly region: Region; readonly center: IcrsPosition };

export type StencilMatch = {
  readonly outline: ImageOutline;
  readonly holdsStencil: boolean;
  /** Between the centres of image and stencil. */
  readonly distanceDegrees: number;
};

/** A test for one stencil after another outline; null for an image that shares no point with it. */
export function createStencilMatcher(stencil: Stencil): (outline: ImageOutline) => StencilMatch | null {
  const center = centerOfStencil(stencil);
  let shape: OutlineShape | undefined;
  let match: Omit<StencilMatch, "outline"> | null = null;
  return (outline) => {
    // The bands of a tile follow each other.
    if (outline.shape !== shape) {
      shape = outline.shape;
      match = matchShape(shape, stencil, center);
    }
    if (match === null) return null;
    return { outline, holdsStencil: match.holdsStencil, distanceDegrees: match.distanceDegrees };
  };
}

/** Best first: see `Survey.findDatasets`. */
export function compareMatches(a: StencilMatch, b: StencilMatch): number {
  if (a.holdsStencil !== b.holdsStencil) return a.holdsStencil ? -1 : 1;
  if (a.distanceDegrees !== b.distanceDegrees) return a.distanceDegrees - b.distanceDegrees;
  const [wavelengthA, wavelengthB] = [a.outline.wavelengthMetres ?? Infinity, b.outline.wavelengthMetres ?? Infinity];
  if (wavelengthA !== wavelengthB) return wavelengthA < wavelengthB ? -1 : 1;
  return a.outline.key < b.outline.key ? -1 : a.outline.key > b.outline.key ? 1 : 0;
}

function matchShape(shape: OutlineShape, stencil: Stencil, center: IcrsPosition): Omit<StencilMatch, "outline"> | null {
  const overlap = overlapOf(shape.region, stencil);
  if (overlap === "none") return null;
  return { holdsStencil: overlap === "whole", distanceDegrees: separationDegrees(shape.center, center) };
}
