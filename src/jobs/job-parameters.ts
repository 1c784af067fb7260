import { ServiceError } from "../errors.ts";
import type { Parameters } from "../ivoa/parameters.ts";
import { checkBandUse } from "../ivoa/soda-values.ts";
import { SHAPE_PARAMETERS, SODA_PARAMETERS, type SodaParameter } from "../ivoa/soda-parameters.ts";
import { parseSize } from "./list-size.ts";

/** All that /sync knows. */
const SODA: readonly SodaParameter[] = Object.values(SODA_PARAMETERS);

/** What is the same in every recipe of a job, by every name that scripts send. RUNID is the job's own. */
export const SHARED_PARAMETERS: readonly string[] = SODA.filter(
  ({ name, async }) => async !== "combined" && name !== "RUNID",
).flatMap(({ name, synonyms }) => [name, ...synonyms]);

/** Which columns of a coordinate list say what, where their names do not. */
export const COLUMN_PARAMETERS = [
  ...(["RA_COLUMN", "DEC_COLUMN", "ID_COLUMN", "SIZE_COLUMN", "FILTER_COLUMN", "FORMAT_COLUMN"] as const),
];

/**
 * Looks at every parameter that is there, each by itself: a PENDING job may be given others yet, ID among them. "usage"
 * for the first that cannot be read, or has several values where it takes one; and for a name in BAND beside FILTER.
 */
export function checkJobParameters(parameters: Parameters): void {
  for (const { name, synonyms, async, parse } of SODA) {
    const values = [name, ...synonyms].flatMap((spelling) => parameters.all(spelling));
    for (const value of values) parse(value);
    if (async === "one" && values.length > 1) {
      throw new ServiceError("usage", `Cannot use ${name}: it is given ${values.length} times and takes one value`);
    }
  }
  checkBandUse(parameters);
  for (const name of COLUMN_PARAMETERS) parameters.single(name);
  const size = parameters.single("SIZE");
  if (size !== undefined) parseSize(size, "SIZE");
}

/** Positions come from a list or from shapes, and SIZE belongs to a list. "usage" where both are, or SIZE is alone. */
export function checkListUse(parameters: Parameters, { hasList }: { readonly hasList: boolean }): void {
  const shape = SHAPE_PARAMETERS.find((name) => parameters.all(name).length > 0);
  if (hasList && shape !== undefined) {
    throw new ServiceError("usage", `Cannot use ${shape} together with a list of positions: SIZE says how large`);
  }
  const alone = ["SIZE", ...COLUMN_PARAMETERS].find((name) => parameters.all(name).length > 0);
  if (!hasList && alone !== undefined) {
    throw new ServiceError("usage", `Cannot use ${alone} without a list of positions, as UPLOAD or as the body`);
  }
}
