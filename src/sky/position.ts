/** A direction in ICRS. RA in [0, 360), Dec in [-90, 90], degrees. */
export type IcrsPosition = { readonly raDegrees: number; readonly decDegrees: number };
