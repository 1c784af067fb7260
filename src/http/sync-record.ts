import { IGNORED_PARAMETERS, SODA_PARAMETERS } from "../ivoa/soda-parameters.ts";
import type { Parameters } from "../ivoa/parameters.ts";
import type { SyncEntry } from "../jobs/sync-history.ts";

/** Keeps one row of the user's history. Must neither fail nor wait. */
export type RecordSync = (entry: SyncEntry) => void;

const KEPT: readonly string[] = [
  ...Object.values(SODA_PARAMETERS).flatMap(({ name, synonyms }) => [name, ...synonyms]),
  ...IGNORED_PARAMETERS,
];

/** As they came, but only those that /sync knows: what else a client sends may be none of our business. */
export function storedParametersOf(parameters: Parameters): SyncEntry["parameters"] {
  const stored: (readonly [string, string])[] = [];
  for (const name of KEPT) {
    for (const value of parameters.all(name)) stored.push([name, value]);
  }
  return stored;
}
