/** One FIELD of a VOTable that is read. */
export type VotableField = {
  readonly name: string;
  readonly unit: string | undefined;
  readonly ucd: string | undefined;
  /** Of the COOSYS that it refers to: `eq_FK4 B1950`. */
  readonly frame: string | undefined;
  readonly datatype: string;
  /** Empty: a single value. */
  readonly arraysize: string;
  /** What stands for no value, as text. */
  readonly nullText: string | undefined;
};
