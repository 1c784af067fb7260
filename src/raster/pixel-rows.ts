/** Consecutive rows of a window, as FITS holds them: big-endian, in the type of BITPIX, first row first. */
export type PixelRows = {
  /** Which plane of the image (axes 3 and 4 counted as one), from 0. */
  readonly plane: number;
  /** Of the window, from 0. */
  readonly firstRow: number;
  readonly rowCount: number;
  /**
   * Lent until the next rows are asked for: whoever keeps them copies them. May lie in shared memory. They were made for
   * this reader alone, in memory that no cache keeps: a step that they pass through may change them in place.
   */
  readonly bytes: Uint8Array;
};
