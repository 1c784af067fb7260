/** A point of a plane; what it means (pixels, degrees) is said where it is used. */
export type PlanePoint = readonly [number, number];

/**
 * A reversible map of the plane, one step between pixels and the projection:
 *
 *   SIP       pixel offsets from CRPIX (NAXIS1, NAXIS2), before the linear transform
 *   TPV, TNX  intermediate world coordinates (longitude, latitude axis; degrees), after it
 *
 * `apply` goes from pixels to sky and returns the mapped point itself, not the difference.
 * `invert` is null where no point maps there, or where the search for it does not end.
 * Numbers in are finite; numbers out may overflow: the caller checks.
 */
export type Distortion = {
  apply(u: number, v: number): PlanePoint;
  invert(u: number, v: number): PlanePoint | null;
};
