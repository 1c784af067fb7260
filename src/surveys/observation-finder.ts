import { asc, eq, inArray } from "drizzle-orm";
import type { IndexDatabase } from "../db/index-database.ts";
import { archiveRoot, image, release } from "../db/index-schema.ts";
import { regionsIntersect } from "../sky/region.ts";
import type { Stencil } from "../sky/stencil.ts";
import { createTurns, type Turns } from "./_turns.ts";
import type { Dataset } from "./dataset.ts";
import { datasetOfRow } from "./image-row.ts";
import { boxValuesOf, conditionsOf, MEETS_BOX, type Conditions, type ObservationQuery } from "./observation-query.ts";
import { decodeRegion } from "./region-bytes.ts";
import { sameBytes } from "./_same-bytes.ts";

/** Finds images of all surveys by what is known of them. */
export type ObservationFinder = {
  /** At most `limit` of them, in the order of the index; `isComplete` where there are no more. */
  find(query: ObservationQuery, limit: number, signal: AbortSignal): Promise<FoundObservations>;
};

export type FoundObservations = {
  readonly count: number;
  readonly isComplete: boolean;
  /** Read from the index as they are asked for. */
  datasets(signal: AbortSignal): AsyncGenerator<Dataset, void, undefined>;
};

/** Images that one step of a search without a position looks at: some milliseconds. */
const SCAN_STEP = 5000;
/** Boxes whose images are looked at in one step. */
const MATCH_STEP = 500;
/** Images that are read from the index at once. */
const READ_STEP = 200;

/** `authority` is the registry part of the publisher DIDs. */
export function createObservationFinder({ orm, sqlite }: IndexDatabase, authority: string): ObservationFinder {
  const releaseNumbers = sqlite.prepare<[string], number>(
    "SELECT number FROM release WHERE id IN (SELECT value FROM json_each(?))",
  );
  const lastId = sqlite.prepare<[], number | null>("SELECT max(id) FROM image").pluck();

  return {
    async find(query, limit, signal) {
      const numbers = releaseNumbers.pluck().all(JSON.stringify(query.releases));
      const conditions = conditionsOf(query, numbers);
      const turns = createTurns(signal);
      const found = new Set<number>();
      for await (const id of candidates(query, conditions, turns)) {
        found.add(id);
        if (found.size > limit) break;
      }
      const ids = [...found].sort((a, b) => a - b);
      const isComplete = ids.length <= limit;
      if (!isComplete) ids.length = limit;
      return { count: ids.length, isComplete, datasets: (signal) => readDatasets(ids, signal) };
    },
  };

  function candidates(query: ObservationQuery, conditions: Conditions, turns: Turns): AsyncGenerator<number> {
    if (query.dids.length > 0) return namedIds(query, conditions, turns);
    return query.stencils.length > 0 ? idsInStencils(query.stencils, conditions, turns) : scannedIds(conditions, turns);
  }

  /** One after another image, a step at a time: no statement stays open in between. */
  async function* scannedIds({ text, values }: Conditions, turns: Turns): AsyncGenerator<number> {
    const statement = sqlite
      .prepare<
        [object],
        number
      >(`SELECT image.id FROM image NOT INDEXED WHERE image.id > @after AND image.id <= @to AND ${text} ORDER BY image.id`)
      .pluck();
    const last = lastId.get() ?? 0;
    for (let after = 0; after < last; after += SCAN_STEP) {
      await turns.next();
      yield* statement.all({ ...values, after, to: after + SCAN_STEP });
    }
  }

  /** From the boxes of the footprints to the images, a few at a time, and to the footprints themselves. */
  async function* idsInStencils(
    stencils: readonly Stencil[],
    conditions: Conditions,
    turns: Turns,
  ): AsyncGenerator<number> {
    const boxes = sqlite.prepare<[object], number>(`SELECT box.id FROM image_box AS box WHERE ${MEETS_BOX}`).pluck();
    const satisfying = prepareSatisfying(conditions);
    for (const stencil of stencils) {
      const meets = createIntersector(stencil);
      for (const ids of inBatches(boxes.iterate(boxValuesOf(stencil)), MATCH_STEP)) {
        await turns.next();
        for (const { id, footprint } of satisfying(ids)) {
          await turns.next();
          if (meets(footprint)) yield id;
        }
      }
    }
  }

  /** Of images that are named, those that satisfy everything else. */
  async function* namedIds(query: ObservationQuery, conditions: Conditions, turns: Turns): AsyncGenerator<number> {
    const ids = await findNamed(query.dids, query.releases, turns);
    const tests = query.stencils.map(createIntersector);
    for (const { id, footprint } of prepareSatisfying(conditions)(ids)) {
      await turns.next();
      if (tests.length === 0 || tests.some((meets) => meets(footprint))) yield id;
    }
  }

  function prepareSatisfying({ text, values }: Conditions): (ids: readonly number[]) => Outline[] {
    const statement = sqlite.prepare<[object], Outline>(
      `SELECT image.id, image.footprint FROM image
       WHERE image.id IN (SELECT value FROM json_each(@ids)) AND ${text} ORDER BY image.id`,
    );
    return (ids) => statement.all({ ...values, ids: JSON.stringify(ids) });
  }

  /** As they are written first; those that are not found so, whatever the case of their letters. */
  async function findNamed(dids: readonly string[], releases: readonly string[], turns: Turns): Promise<number[]> {
    const exact = sqlite
      .prepare<
        [string, string],
        number
      >("SELECT image.id FROM image JOIN release ON release.number = release_number WHERE release.id = ? AND key = ?")
      .pluck();
    const ids: number[] = [];
    const others = new Map<string, Set<string>>();
    for (const did of dids) {
      await turns.next();
      const parts = partsOf(did.trim(), authority, releases);
      if (parts === null) continue;
      const id = exact.get(parts.release, parts.key);
      if (id !== undefined) ids.push(id);
      else others.set(parts.release, (others.get(parts.release) ?? new Set()).add(parts.key.toLowerCase()));
    }
    for (const [releaseId, keys] of others) ids.push(...(await findInAnyCase(releaseId, keys, turns)));
    return ids;
  }

  /** Walks the index of the release's keys. */
  async function findInAnyCase(releaseId: string, keys: ReadonlySet<string>, turns: Turns): Promise<number[]> {
    const step = sqlite.prepare<[object], { id: number; key: string }>(
      `SELECT image.id, key FROM image WHERE release_number = (SELECT number FROM release WHERE id = @release)
       AND key > @after ORDER BY key LIMIT ${SCAN_STEP}`,
    );
    const ids: number[] = [];
    for (let after = ""; ; ) {
      await turns.next();
      const rows = step.all({ release: releaseId, after });
      for (const { id, key } of rows) if (keys.has(key.toLowerCase())) ids.push(id);
      const last = rows.at(-1);
      if (last === undefined || rows.length < SCAN_STEP) return ids;
      after = last.key;
    }
  }

  async function* readDatasets(ids: readonly number[], signal: AbortSignal): AsyncGenerator<Dataset, void, undefined> {
    const turns = createTurns(signal);
    for (let from = 0; from < ids.length; from += READ_STEP) {
      await turns.next();
      const rows = orm
        .select({ row: image, root: archiveRoot.location, release: release.id })
        .from(image)
        .innerJoin(archiveRoot, eq(archiveRoot.id, image.rootId))
        .innerJoin(release, eq(release.number, image.releaseNumber))
        .where(inArray(image.id, ids.slice(from, from + READ_STEP)))
        .orderBy(asc(image.id))
        .all();
      for (const found of rows) yield datasetOfRow(found.row, { authority, ...found });
    }
  }
}

type Outline = { readonly id: number; readonly footprint: Uint8Array };

function* inBatches<T>(items: Iterable<T>, length: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < length) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The bands of a tile follow each other and have one outline, byte for byte. */
function createIntersector(stencil: Stencil): (footprint: Uint8Array) => boolean {
  let last: { readonly footprint: Uint8Array; readonly meets: boolean } | undefined;
  return (footprint) => {
    if (last === undefined || !sameBytes(last.footprint, footprint)) {
      last = { footprint, meets: regionsIntersect(decodeRegion(footprint), stencil) };
    }
    return last.meets;
  };
}

/** Null for what this authority did not publish. */
function partsOf(
  did: string,
  authority: string,
  releases: readonly string[],
): { readonly release: string; readonly key: string } | null {
  const prefix = `ivo://${authority}/`;
  const query = did.indexOf("?");
  if (query < prefix.length || did.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase()) return null;
  const named = did.slice(prefix.length, query).toLowerCase();
  const release = releases.find((id) => id.toLowerCase() === named);
  return release === undefined ? null : { release, key: did.slice(query + 1) };
}
