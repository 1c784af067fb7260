/** What sources have read so far, of all files of one kind of place. */
export type ReadTally = {
  bytes: number;
  /** Calls, each of one range or of several at once. */
  reads: number;
};

export const newReadTally = (): ReadTally => ({ bytes: 0, reads: 0 });
