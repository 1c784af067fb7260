import { eq, sql } from "drizzle-orm";
import type { IndexDatabase } from "../db/index-database.ts";
import { archiveRoot, image, release } from "../db/index-schema.ts";
import { ServiceError } from "../errors.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { Dataset } from "./dataset.ts";
import { datasetOfRow } from "./image-row.ts";
import { selectionOf } from "./image-selection.ts";
import { IndexMemory } from "./index-memory.ts";
import { parsePublisherDid } from "./publisher-did.ts";
import { compareMatches, createStencilMatcher } from "./stencil-match.ts";
import type { ImageOutline, StencilMatch } from "./stencil-match.ts";
import type { DatasetQuery } from "./survey.ts";

/** Finds images in `index.sqlite`; `ingest` writes them there. */
export type ImageIndex = {
  /** As `Survey.findDatasets`; none for a release of which nothing was ingested. */
  find(query: DatasetQuery, signal: AbortSignal): Promise<Dataset[]>;
  findByDid(publisherDid: string, signal: AbortSignal): Promise<Dataset | null>;
  /** Images of a release, and how many of them have no file. */
  count(releaseId: string): { readonly images: number; readonly missing: number };
  /** The folders and addresses that images lie below. */
  roots(): string[];
};

/** How long a search runs before other work of the process gets its turn. */
const SLICE_MILLISECONDS = 10;

/** `authority` is the registry part of the publisher DIDs; the index itself does not hold it. */
export function createImageIndex(database: IndexDatabase, authority: string): ImageIndex {
  const statements = prepareStatements(database);
  const memory = new IndexMemory(database);

  function readDataset(id: number): Dataset | null {
    const found = statements.datasetById.get({ id });
    return found === undefined ? null : datasetOfRow(found.row, { authority, ...found });
  }

  function getDataset(id: number): Dataset | null {
    const known = memory.datasets.get(id);
    if (known !== undefined) return known;
    const dataset = readDataset(id);
    if (dataset !== null) memory.datasets.set(id, dataset);
    return dataset;
  }

  function getOutline(id: number): ImageOutline | undefined {
    const known = memory.outlines.get(id);
    if (known !== undefined) return known;
    const outline = statements.outlineById.get(id);
    if (outline !== undefined) memory.outlines.set(id, outline);
    return outline;
  }

  async function matchStencil(ids: readonly number[], stencil: Stencil, signal: AbortSignal): Promise<StencilMatch[]> {
    const match = createStencilMatcher(stencil);
    const matches = await collectInSlices(ids, signal, (id) => {
      const outline = getOutline(id);
      return outline === undefined ? null : match(outline);
    });
    return matches.sort(compareMatches);
  }

  return {
    async find(query, signal) {
      throwIfAborted(signal);
      memory.refresh();
      const releaseNumber = statements.releaseNumber.get(query.release);
      if (releaseNumber === undefined) return [];
      const parts = query.did === undefined ? undefined : parsePublisherDid(authority, query.did);
      if (parts === null || (parts !== undefined && parts.release !== query.release)) return [];
      const selection = selectionOf({ ...query, did: parts?.key }, releaseNumber);
      let ids = memory.select(selection, (wanted) => statements.select(wanted));
      if (query.stencil !== undefined) {
        ids = (await matchStencil(ids, query.stencil, signal)).slice(0, query.limit).map(({ id }) => id);
      }
      return collectInSlices(ids, signal, getDataset);
    },
    findByDid(publisherDid, signal) {
      return new Promise((resolve) => {
        throwIfAborted(signal);
        memory.refresh();
        const parts = parsePublisherDid(authority, publisherDid);
        const releaseNumber = parts === null ? undefined : statements.releaseNumber.get(parts.release);
        const id =
          parts === null || releaseNumber === undefined ? undefined : statements.idByKey.get(releaseNumber, parts.key);
        resolve(id === undefined ? null : getDataset(id));
      });
    },
    count(releaseId) {
      const releaseNumber = statements.releaseNumber.get(releaseId);
      return (
        (releaseNumber === undefined ? undefined : statements.counts.get(releaseNumber)) ?? { images: 0, missing: 0 }
      );
    },
    roots: () => statements.roots.all(),
  };
}

function prepareStatements({ orm, sqlite }: IndexDatabase) {
  const prepareSelection = (text: string) => sqlite.prepare<[Record<string, unknown>], number>(text).pluck();
  // One text per set of conditions: few, and planned once each.
  const selections = new Map<string, ReturnType<typeof prepareSelection>>();
  return {
    datasetById: orm
      .select({ row: image, root: archiveRoot.location, release: release.id })
      .from(image)
      .innerJoin(archiveRoot, eq(archiveRoot.id, image.rootId))
      .innerJoin(release, eq(release.number, image.releaseNumber))
      .where(eq(image.id, sql.placeholder("id")))
      .prepare(),
    outlineById: sqlite.prepare<[number], ImageOutline>(
      `SELECT id, footprint, s_ra AS raDegrees, s_dec AS decDegrees, em_min AS wavelengthMetres, key
       FROM image WHERE id = ?`,
    ),
    releaseNumber: sqlite.prepare<[string], number>("SELECT number FROM release WHERE id = ?").pluck(),
    idByKey: sqlite
      .prepare<[number, string], number>("SELECT id FROM image WHERE release_number = ? AND key = ?")
      .pluck(),
    counts: sqlite.prepare<[number], { images: number; missing: number }>(
      "SELECT count(*) AS images, count(*) FILTER (WHERE NOT available) AS missing FROM image WHERE release_number = ?",
    ),
    roots: sqlite.prepare<[], string>("SELECT location FROM archive_root ORDER BY location").pluck(),
    select({ text, values }: ReturnType<typeof selectionOf>): number[] {
      let statement = selections.get(text);
      if (statement === undefined) selections.set(text, (statement = prepareSelection(text)));
      return statement.all(values);
    },
  };
}

/** What `find` makes of each item, nulls left out; pauses now and then, so that a long search does not hold up others. */
async function collectInSlices<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  find: (item: T) => R | null,
): Promise<R[]> {
  const found: R[] = [];
  let sliceEnd = performance.now() + SLICE_MILLISECONDS;
  for (const item of items) {
    if (performance.now() >= sliceEnd) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      sliceEnd = performance.now() + SLICE_MILLISECONDS;
    }
    const one = find(item);
    if (one !== null) found.push(one);
  }
  return found;
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new ServiceError("canceled", "Stopped the search for images", { cause: signal.reason });
}
