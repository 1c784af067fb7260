import { ServiceError } from "../errors.ts";
import { SODA_PARAMETERS } from "../ivoa/soda-parameters.ts";
import type { Release } from "../surveys/release.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { CoordinateRow } from "./coordinate-list.ts";
import { expandBands, readBandChoice } from "./expand-bands.ts";
import { releaseNameOf } from "./job-releases.ts";
import { parseSize } from "./list-size.ts";

/** Why a row cannot be cut, as far as what it sets itself says; null where it can. */
export type RowCheck = (overrides: CoordinateRow["overrides"]) => string | null;

/** Checks rows for all of these releases. Few values are looked at many times. */
export function createRowCheck(releases: readonly Release[]): RowCheck {
  const checks: Readonly<Record<string, (value: string) => unknown>> = {
    SIZE: (value) => parseSize(value, "SIZE"),
    FILTER: (value) => releases.map((release) => expandBands(readBandChoice([["FILTER", value]]), release)),
    RESPONSEFORMAT: (value) => SODA_PARAMETERS.RESPONSEFORMAT.parse(value),
  };
  const known = new Map<string, string | null>();
  return (overrides) => {
    for (const [name, value] of overrides) {
      const key = `${name} ${value}`;
      let problem = known.get(key);
      if (problem === undefined) known.set(key, (problem = problemOf(() => checks[name](value))));
      if (problem !== null) return problem;
    }
    return null;
  };
}

function problemOf(check: () => unknown): string | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof ServiceError) return error.message;
    throw error;
  }
}

/** Whose rules hold for an ID: a release by itself, or `ivo://authority/release?key`. "not-found" where there is none. */
export function releaseOf(id: string, registry: Pick<SurveyRegistry, "getRelease">): Release {
  const name = releaseNameOf(id);
  if (name === null) throw new ServiceError("not-found", `Cannot find image ${JSON.stringify(id)}`);
  return registry.getRelease(name).release;
}

/** Those of the IDs that are known: a PENDING job may be given others yet. One that is closed to its owner is refused. */
export function knownReleases(ids: readonly string[], registry: Pick<SurveyRegistry, "getRelease">): Release[] {
  const releases = new Set<Release>();
  for (const id of ids) {
    try {
      releases.add(releaseOf(id.trim(), registry));
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== "not-found") throw error;
    }
  }
  return [...releases];
}
