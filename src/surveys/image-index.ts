import { eq, sql } from "drizzle-orm";
import type { IndexDatabase } from "../db/index-database.ts";
import { archiveRoot, image, release } from "../db/index-schema.ts";
import { boundingBoxOfVectors } from "../sky/bounding-box.ts";
import type { Region } from "../sky/region.ts";
import { createTurns, throwIfAborted } from "./_turns.ts";
import type { Dataset } from "./dataset.ts";
import { datasetOfRow } from "./image-row.ts";
import { statementOf, type Selection } from "./image-selection.ts";
import { IndexMemory } from "./index-memory.ts";
import { parsePublisherDid } from "./publisher-did.ts";
import { decodeRegion } from "./region-bytes.ts";
import { compareMatches, createStencilMatcher } from "./stencil-match.ts";
import type { ImageOutline, OutlineShape, StencilMatch } from "./stencil-match.ts";
import type { DatasetQuery } from "./survey.ts";
import { sameBytes } from "./_same-bytes.ts";

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

/** `authority` is the registry part of the publisher DIDs; the index itself does not hold it. */
export function createImageIndex(database: IndexDatabase, authority: string): ImageIndex {
  const statements = prepareStatements(database);
  const memory = new IndexMemory(database);
  const getShape = createShapeReader();

  function getReleaseNumber(releaseId: string): number | undefined {
    const known = memory.releaseNumbers.get(releaseId);
    if (known !== undefined) return known;
    const number = statements.releaseNumber.get(releaseId);
    if (number !== undefined) memory.releaseNumbers.set(releaseId, number);
    return number;
  }

  function getDataset(id: number): Dataset | null {
    const known = memory.datasets.get(id);
    if (known !== undefined) return known;
    const found = statements.datasetById.get({ id });
    if (found === undefined) return null;
    const dataset = datasetOfRow(found.row, { authority, ...found });
    memory.datasets.set(id, dataset, verticesIn(dataset.region));
    return dataset;
  }

  function getOutline(id: number): ImageOutline | null {
    const known = memory.outlines.get(id);
    if (known !== undefined) return known;
    const row = statements.outlineById.get(id);
    if (row === undefined) return null;
    const outline = { id, shape: getShape(row), wavelengthMetres: row.wavelengthMetres, key: row.key };
    memory.outlines.set(id, outline, verticesIn(outline.shape.region));
    return outline;
  }

  /** null where there can be none. */
  function selectionOf(query: DatasetQuery): Selection | null {
    const { stencil, bands, wavelengthMetres, timeMjd, fieldName } = query;
    const releaseNumber = getReleaseNumber(query.release);
    const parts = query.did === undefined ? undefined : parsePublisherDid(authority, query.did);
    if (releaseNumber === undefined || parts === null) return null;
    if (parts !== undefined && parts.release !== query.release) return null;
    const key = parts?.key;
    // A named image is found by its key or field at once; only the exact test is left then.
    const isNamed = key !== undefined || fieldName !== undefined;
    const box = stencil === undefined || isNamed ? undefined : boundingBoxOfVectors(stencil);
    const limit = stencil === undefined ? query.limit : undefined;
    return { releaseNumber, box, key, fieldName, bands, wavelengthMetres, timeMjd, limit };
  }

  return {
    async find(query, signal) {
      const turns = createTurns(signal);
      memory.refresh();
      const selection = selectionOf(query);
      if (selection === null) return [];
      let ids = memory.select(selection, statements.select);
      // Both loops wait where they have run for long, and nowhere else: a promise takes longer than an image.
      if (query.stencil !== undefined) {
        const match = createStencilMatcher(query.stencil);
        const matches: StencilMatch[] = [];
        for (const id of ids) {
          const pause = turns.next();
          if (pause !== undefined) await pause;
          const outline = getOutline(id);
          const found = outline === null ? null : match(outline);
          if (found !== null) matches.push(found);
        }
        ids = idsOf(matches.sort(compareMatches), query.limit);
      }
      const datasets: Dataset[] = [];
      for (const id of ids) {
        const pause = turns.next();
        if (pause !== undefined) await pause;
        const dataset = getDataset(id);
        if (dataset !== null) datasets.push(dataset);
      }
      return datasets;
    },
    findByDid(publisherDid, signal) {
      return new Promise((resolve) => {
        throwIfAborted(signal);
        memory.refresh();
        const parts = parsePublisherDid(authority, publisherDid);
        const releaseNumber = parts === null ? undefined : getReleaseNumber(parts.release);
        const [id] =
          parts === null || releaseNumber === undefined
            ? []
            : memory.select({ releaseNumber, key: parts.key }, statements.select);
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

type OutlineRow = {
  readonly footprint: Uint8Array;
  readonly raDegrees: number;
  readonly decDegrees: number;
  readonly wavelengthMetres: number | null;
  readonly key: string;
};

function idsOf(matches: readonly StencilMatch[], limit: number | undefined): number[] {
  return matches.slice(0, limit).map(({ outline }) => outline.id);
}

/** The bands of a tile follow each other and have one outline, byte for byte: they get one shape. */
function createShapeReader(): (row: OutlineRow) => OutlineShape {
  let last: { readonly footprint: Uint8Array; readonly shape: OutlineShape } | undefined;
  return ({ footprint, raDegrees, decDegrees }) => {
    if (
      last === undefined ||
      last.shape.center.raDegrees !== raDegrees ||
      last.shape.center.decDegrees !== decDegrees ||
      !sameBytes(last.footprint, footprint)
    ) {
      last = { footprint, shape: { region: decodeRegion(footprint), center: { raDegrees, decDegrees } } };
    }
    return last.shape;
  };
}

function verticesIn(region: Region): number {
  return region.shape === "polygon" ? region.vertices.length : 0;
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
    outlineById: sqlite.prepare<[number], OutlineRow>(
      `SELECT footprint, s_ra AS raDegrees, s_dec AS decDegrees, em_min AS wavelengthMetres, key
       FROM image WHERE id = ?`,
    ),
    releaseNumber: sqlite.prepare<[string], number>("SELECT number FROM release WHERE id = ?").pluck(),
    counts: sqlite.prepare<[number], { images: number; missing: number }>(
      "SELECT count(*) AS images, count(*) FILTER (WHERE NOT available) AS missing FROM image WHERE release_number = ?",
    ),
    roots: sqlite.prepare<[], string>("SELECT location FROM archive_root ORDER BY location").pluck(),
    select: (selection: Selection): number[] => {
      const { text, values } = statementOf(selection);
      let statement = selections.get(text);
      if (statement === undefined) selections.set(text, (statement = prepareSelection(text)));
      return statement.all(values);
    },
  };
}
