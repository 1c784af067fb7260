import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { SHAPE_PARAMETERS } from "../ivoa/soda-parameters.ts";
import { parseSodaParameters } from "../ivoa/soda.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { CoordinateRow } from "./coordinate-list.ts";
import { createRowCheck, releaseOf } from "./check-rows.ts";
import { expandBands, readBandChoice, type BandChoice } from "./expand-bands.ts";
import { checkListUse, SHARED_PARAMETERS } from "./job-parameters.ts";
import type { ParameterList } from "./job.ts";
import { DEFAULT_SIZE, formatPos, parseSize } from "./list-size.ts";
import { takeTurns, type Steps } from "./take-turns.ts";
import { WrongRows } from "./wrong-rows.ts";

/** One combination of what a job asks for: the parameters of the synchronous request that gives its file. */
export type Recipe = {
  /** Of the coordinate list, from 1. */
  readonly rowNumber: number | null;
  readonly recipe: ParameterList;
};

export type JobExpansion = {
  readonly parameters: ParameterList;
  /** Of the coordinate list; null for a job without one. */
  readonly rows: readonly CoordinateRow[] | null;
  readonly registry: SurveyRegistry;
  readonly limits: { readonly maxResults: number };
  readonly signal?: AbortSignal | undefined;
};

/**
 * Every combination of ID, shape, band and time (SODA 1.0, sections 3.1 and 6): the IDs in the order given, for each the
 * shapes, then the bands, then the times. With a coordinate list its rows come first, and for each of them the IDs.
 * "over-limit" where there would be more than `maxResults`, before anything is built; "usage" or "not-found" for what
 * could never be cut.
 */
export async function expandJob({ parameters, rows, registry, limits, signal }: JobExpansion): Promise<Recipe[]> {
  const given = parameters.map(([name, value]): Entry => [name.toUpperCase(), value.trim()]);
  const asked = given.filter(([, value]) => value !== "");
  checkListUse(new Parameters(asked), { hasList: rows !== null });
  const ids = valuesOf(asked, "ID");
  if (ids.length === 0) {
    throw new ServiceError("usage", "Cannot run: ID is missing; it needs a release or the identifier of one image");
  }
  const targets = ids.map((id) => ({ id, release: releaseOf(id, registry) }));
  if (rows !== null) checkRows(rows, targets);
  const places = rows === null ? readShapes(asked, targets) : await takeTurns(readRows(asked, rows));
  const bands = readBandChoice(asked);
  const times = orNothing(valuesOf(asked, "TIME").map((value): Entry => ["TIME", value]));

  checkNumber(countResults({ targets, places, bands }) * times.length, limits.maxResults);
  await checkImages(targets, registry, signal ?? new AbortController().signal);

  const shared = asked.filter(([name]) => SHARED_PARAMETERS.includes(name));
  /** By target and by what a place says itself: the same for all places that say nothing. */
  const unshaped = new Map<Target, Map<Own, Entry[][]>>(targets.map((target) => [target, new Map()]));
  /** Everything but the shape. */
  const variants = (target: Target, { own, shape }: Place): Entry[][] => {
    const known = unshaped.get(target)?.get(own);
    if (known !== undefined) return known;
    const { format } = own;
    const rest = format === null ? shared : [...shared.filter(([name]) => !FORMATS.includes(name)), format];
    const made = expandBands(own.bands ?? bands, target.release).flatMap((some) =>
      times.map((time) => [...some, ...time, ...rest]),
    );
    // The shapes have been read, and the other parameters mean the same with any of them.
    for (const entries of made) parseSodaParameters(new Parameters([["ID", target.id], ...shape, ...entries]));
    unshaped.get(target)?.set(own, made);
    return made;
  };
  const at = (target: Target, place: Place): Recipe[] =>
    variants(target, place).map((entries) => ({
      rowNumber: place.rowNumber,
      recipe: [["ID", target.id], ...place.shape, ...entries],
    }));
  function* combine(): Steps<Recipe[]> {
    const recipes: Recipe[] = [];
    const pairs = rows === null ? shapesOfTargets(targets, places) : targetsOfRows(targets, places);
    for (const [target, place] of pairs) {
      for (const recipe of at(target, place)) recipes.push(recipe);
      yield;
    }
    return recipes;
  }
  return takeTurns(combine());
}

type Entry = readonly [name: string, value: string];
/** One ID, and whose rules hold for it. */
type Target = { readonly id: string; readonly release: ReturnType<SurveyRegistry["getRelease"]>["release"] };
/** What a row of the list says instead of the job; rows that say the same share it. */
type Own = { readonly bands: BandChoice | null; readonly format: Entry | null };
/** Where to cut. */
type Place = {
  readonly rowNumber: number | null;
  /** Empty: the whole image. */
  readonly shape: readonly Entry[];
  readonly own: Own;
};

const NOTHING_OWN: Own = { bands: null, format: null };

const SHAPES: readonly string[] = SHAPE_PARAMETERS;
const FORMATS: readonly string[] = ["RESPONSEFORMAT", "FORMAT"];

function* shapesOfTargets(targets: readonly Target[], places: readonly Place[]): Iterable<[Target, Place]> {
  for (const target of targets) for (const place of places) yield [target, place];
}

function* targetsOfRows(targets: readonly Target[], places: readonly Place[]): Iterable<[Target, Place]> {
  for (const place of places) for (const target of targets) yield [target, place];
}

function valuesOf(entries: readonly Entry[], name: string): string[] {
  return entries.flatMap(([given, value]) => (given === name ? [value] : []));
}

/** One combination that says nothing, where nothing is said. */
function orNothing(entries: readonly Entry[]): Entry[][] {
  return entries.length === 0 ? [[]] : entries.map((entry) => [entry]);
}

function readShapes(asked: readonly Entry[], targets: readonly Target[]): Place[] {
  const shapes = orNothing(asked.filter(([name]) => SHAPES.includes(name)));
  const release = targets.find(({ id }) => !id.startsWith("ivo:"));
  if (shapes[0].length === 0 && release !== undefined) {
    throw new ServiceError(
      "usage",
      `Cannot cut release "${release.id}" without a position: it needs POS, CIRCLE or POLYGON, or a list of positions`,
    );
  }
  for (const shape of shapes) parseSodaParameters(new Parameters([["ID", "any"], ...shape]));
  return shapes.map((shape) => ({ rowNumber: null, shape, own: NOTHING_OWN }));
}

/** Rows that an error names one by one, with reasons. */
const MAX_REPORTED_ROWS = 100;

/** "usage" for a list of which rows, all of them named by their numbers in it, set what the releases do not have. */
function checkRows(rows: readonly CoordinateRow[], targets: readonly Target[]): void {
  const problemOf = createRowCheck([...new Set(targets.map(({ release }) => release))]);
  const wrong = new WrongRows({ rowsAre: "row", maxReportedRows: MAX_REPORTED_ROWS });
  for (const { number, overrides } of rows) {
    const problem = problemOf(overrides);
    if (problem !== null) wrong.add(number, problem);
  }
  wrong.check(rows.length);
}

function* readRows(asked: readonly Entry[], rows: readonly CoordinateRow[]): Steps<Place[]> {
  const ownSize = new Parameters(asked).single("SIZE");
  const size = ownSize === undefined ? DEFAULT_SIZE : parseSize(ownSize, "SIZE");
  const owns = new Map<string, Own>();
  const places: Place[] = [];
  for (const { number, position, overrides } of rows) {
    const value = (name: string) => overrides.find(([given]) => given === name)?.[1];
    const rowSize = value("SIZE");
    places.push({
      rowNumber: number,
      shape: [["POS", formatPos(position, rowSize === undefined ? size : parseSize(rowSize, "SIZE"))]],
      own: overrides.length === 0 ? NOTHING_OWN : ownOf(owns, value("FILTER"), value("RESPONSEFORMAT")),
    });
    yield;
  }
  return places;
}

function ownOf(owns: Map<string, Own>, filter: string | undefined, format: string | undefined): Own {
  if (filter === undefined && format === undefined) return NOTHING_OWN;
  const key = JSON.stringify([filter, format]);
  const known = owns.get(key);
  if (known !== undefined) return known;
  const own = {
    bands: filter === undefined ? null : readBandChoice([["FILTER", filter]]),
    format: format === undefined ? null : (["RESPONSEFORMAT", format] as const),
  };
  owns.set(key, own);
  return own;
}

/** IDs × places × bands; times are counted by the caller. */
function countResults(job: { targets: readonly Target[]; places: readonly Place[]; bands: BandChoice }): number {
  const { targets, places, bands } = job;
  const byRelease = new Map<Target["release"], number>();
  for (const { release } of targets) byRelease.set(release, (byRelease.get(release) ?? 0) + 1);
  const count = (choice: BandChoice): number => {
    let total = 0;
    for (const [release, ids] of byRelease) total += ids * expandBands(choice, release).length;
    return total;
  };
  const ofJob = count(bands);
  return places.reduce((total, { own }) => total + (own.bands === null ? ofJob : count(own.bands)), 0);
}

function checkNumber(results: number, maxResults: number): void {
  if (results <= maxResults) return;
  throw new ServiceError(
    "over-limit",
    `Cannot run: the combinations of its parameters are ${results} results, and a job may have ${maxResults}; ` +
      "ask for the rest in further jobs",
    { limit: "jobRows" },
  );
}

/** Images that are named one by one must be there. */
async function checkImages(targets: readonly Target[], registry: SurveyRegistry, signal: AbortSignal): Promise<void> {
  for (const { id } of targets) {
    if (!id.startsWith("ivo:")) continue;
    if ((await registry.findByDid(id, signal)) === null) {
      throw new ServiceError("not-found", `Cannot find image ${JSON.stringify(id)}`);
    }
  }
}
