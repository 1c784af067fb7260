import type { IcrsPosition } from "../sky/position.ts";

/** A list of positions, read and checked whole. */
export type CoordinateList = { readonly rows: readonly CoordinateRow[] };

export type CoordinateRow = {
  /** From 1. */
  readonly number: number;
  /** The user's own name of the row. */
  readonly id: string | null;
  readonly position: IcrsPosition;
  /** Parameters that this row sets itself: SIZE, FILTER, RESPONSEFORMAT. */
  readonly overrides: readonly (readonly [name: string, value: string])[];
  /** Every column as it came. */
  readonly columns: Readonly<Record<string, string>>;
};
