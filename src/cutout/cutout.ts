import {
  fitsByteLength,
  startFits,
  type EncodeOptions,
  type FitsPart,
  type FitsRows,
  type Lend,
  type StreamEnd,
} from "../encode/fits.ts";
import { ServiceError } from "../errors.ts";
import { formatCardText } from "../fits/card-format.ts";
import { cutoutHeader } from "../fits/cutout-header.ts";
import { createHeader } from "../fits/header.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { Dataset } from "../surveys/dataset.ts";
import type { Plane } from "../surveys/release.ts";
import { windowOf } from "../wcs/footprint.ts";
import { WHOLE_CUTOUT_BYTES } from "./chunks.ts";
import type { ImageLease } from "./image-cache.ts";
import { maskRowsInPlace, type OutsideMask } from "./mask-outside.ts";
import type { OpenImage } from "./open-image.ts";
import type { CutoutCost, CutoutPlan } from "./plan.ts";
import { formatStencil, provenanceOf } from "./provenance.ts";
import { startPixelRows, type PixelServices } from "./read.ts";
import type { ReadOptions } from "./read-tiles.ts";
import { recipeTag, type Digest, type RecipePart } from "./recipe.ts";

/** A cutout that is decided, and not yet read. Either `open` it or `dispose` of it. */
export type Cutout = {
  readonly mediaType: string;
  readonly fileName: string;
  readonly byteLength: number;
  /** Strong: the same bytes for the same recipe, inputs, version and day (UTC). Quoted, as HTTP wants it. */
  readonly etag: string;
  readonly cost: CutoutCost;
  /** Images that are in it, by publisher DID. */
  readonly datasets: readonly string[];
  /** Images that were to be in it and whose files are not there, by publisher DID. */
  readonly missing: readonly string[];
  /**
   * The file, made as it is read; a small one, or the first header, is made at once, and rejects where it cannot be. A
   * small one is given as bytes. Its end, its cancellation, an error and the signal give everything back; `onEnd` is told which of them it was.
   */
  open<Lent extends Uint8Array = never>(options?: {
    signal?: AbortSignal;
    onEnd?: (end: StreamEnd) => void;
    /** Memory for a small file; that of the decoder is filled without a copy. Nobody writes to it once `open` settles. */
    lend?: Lend<Lent> | undefined;
  }): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | Lent>;
  dispose(): void;
};

/** One image of the answer. */
export type CutoutPiece = {
  /** null for a file that no survey has on record. */
  readonly dataset: Dataset | null;
  readonly plane: Plane;
  readonly lease: ImageLease;
  readonly plan: CutoutPlan;
  /** null: pixels outside the shape stay as they are. */
  readonly mask: OutsideMask | null;
};

/** What the pieces have in common. */
export type CutoutFacts = {
  readonly fileName: string;
  readonly stencil: Stencil | undefined;
  /** Checksums for large cutouts too, which are then decoded twice. */
  readonly checksums: "when-cheap" | "always";
  readonly missing: readonly string[];
  /** Header keywords that hold for a whole image only. */
  readonly wholeImageKeywords: readonly string[];
  /** Name and version of this service, for provenance: "recorte 0.1.0". */
  readonly software: string;
  /** UTC, YYYY-MM-DD. */
  readonly day: string;
};

/** So that checksums can stand in the header. Larger cutouts stream at once, unless checksums are asked for. */
const ENCODING = { bufferBytes: WHOLE_CUTOUT_BYTES };

export type CutoutTools = {
  readonly pixels: PixelServices;
  readonly allocate?: EncodeOptions["allocate"];
  readonly digest?: Digest | undefined;
};

/** A FITS file of these pieces, at least one. It takes their leases. */
export function createCutout(
  pieces: readonly CutoutPiece[],
  facts: CutoutFacts,
  { pixels, allocate, digest }: CutoutTools,
): Cutout {
  const { stencil, checksums, missing, software, day, fileName } = facts;
  const place = stencil === undefined ? undefined : formatStencil(stencil);
  let signal: AbortSignal | undefined;
  const parts = describeParts(pieces, facts, place, (piece, into) => readRows(piece, pixels, { signal, into }));
  const dispose = () => {
    for (const { lease } of pieces) lease.release();
  };
  const isMasked = pieces.some(({ mask }) => mask !== null);
  return {
    mediaType: "application/fits",
    fileName,
    byteLength: fitsByteLength(parts, ENCODING),
    etag: recipeTag(pieces.map(recipePartOf), { place, isMasked, checksums, missing, software, day }, digest),
    cost: totalCost(pieces),
    datasets: datasetsOf(pieces),
    missing,
    async open({ signal: given, onEnd, lend } = {}) {
      signal = given;
      try {
        return await startFits(parts, {
          ...ENCODING,
          allocate,
          lend,
          sumBytes: (bytes) => pixels.decoder.datasumOf(bytes),
          onEnd(end) {
            dispose();
            onEnd?.(end);
          },
        });
      } catch (error) {
        dispose();
        throw error;
      }
    },
    dispose,
  };
}

function datasetsOf(pieces: readonly CutoutPiece[]): string[] {
  const dids: string[] = [];
  for (const { dataset } of pieces) {
    if (dataset !== null && !dids.includes(dataset.publisherDid)) dids.push(dataset.publisherDid);
  }
  return dids;
}

function recipePartOf({ dataset, plane, plan: { window }, lease: { image } }: CutoutPiece): RecipePart {
  return { image, plane, did: dataset?.publisherDid, window };
}

function readRows(
  { lease, plan, mask }: CutoutPiece,
  pixels: PixelServices,
  options: ReadOptions,
): AsyncIterable<PixelRows> | Iterable<PixelRows> {
  const rows = () => startPixelRows(lease.image, plan, pixels, options);
  return mask === null ? rows() : maskRowsInPlace(onceAsked(rows), plan.window, mask);
}

/** The pixels of the image that the stencil asks for; null where it has none of them. */
export function windowOfStencil(image: OpenImage, stencil: Stencil | undefined): PixelWindow | null {
  if (stencil === undefined) return { x0: 0, y0: 0, width: image.width, height: image.height };
  const { wcs } = image;
  if (wcs === null || wcs.pixelAxes[0] !== 0 || wcs.pixelAxes[1] !== 1) {
    throw new ServiceError(
      "unsupported",
      `Cannot cut ${image.name} by position: its first two axes are not on the sky`,
    );
  }
  try {
    return windowOf(wcs, stencil);
  } catch (cause) {
    if (!(cause instanceof ServiceError) || cause.code !== "corrupt-data") throw cause;
    throw new ServiceError(cause.code, `Cannot cut ${image.name}: ${cause.message}`, { cause });
  }
}

function totalCost(pieces: readonly CutoutPiece[]): CutoutCost {
  if (pieces.length === 1) return pieces[0].plan.cost;
  const total = { outputBytes: 0, outputPixels: 0, tiles: 0, bytesToRead: 0, pixelsToDecode: 0 };
  for (const { plan } of pieces) {
    total.outputBytes += plan.cost.outputBytes;
    total.outputPixels += plan.cost.outputPixels;
    total.tiles += plan.cost.tiles;
    total.bytesToRead += plan.cost.bytesToRead;
    total.pixelsToDecode += plan.cost.pixelsToDecode;
  }
  return total;
}

type ReadRows = (piece: CutoutPiece, into?: Uint8Array) => FitsRows;

/** One image is the primary HDU; several are extensions after an empty one. `place`: the stencil, as text. */
function describeParts(
  pieces: readonly CutoutPiece[],
  facts: CutoutFacts,
  place: string | undefined,
  read: ReadRows,
): FitsPart[] {
  const describe = (piece: CutoutPiece, version?: number) =>
    describePart(piece, version, { facts, place, rows: (into) => read(piece, into) });
  if (pieces.length === 1) return [describe(pieces[0])];
  const versions = countNames(pieces);
  return [EMPTY_PRIMARY, ...pieces.map((piece, i) => describe(piece, versions[i]))];
}

/** `version`: of its name, where the image is an extension. */
function describePart(
  piece: CutoutPiece,
  version: number | undefined,
  { facts, place, rows }: { facts: CutoutFacts; place: string | undefined; rows: (into?: Uint8Array) => FitsRows },
): FitsPart {
  const { dataset, plane, lease, plan, mask } = piece;
  const { image } = lease;
  const { window, cost } = plan;
  const { missing, software, day } = facts;
  const provenance = provenanceOf({ dataset, plane, image, window, place, missing, software, day });
  let { replaces } = provenance;
  const { cards } = provenance;
  if (version !== undefined) {
    cards.unshift(formatCardText("EXTNAME", nameOf(piece)), formatCardText("EXTVER", version));
    replaces += " EXTNAME EXTVER";
  }
  for (const card of mask?.cards ?? []) {
    cards.push(card);
    replaces += ` ${card.keyword}`;
  }
  const isStreamed = cost.outputBytes > ENCODING.bufferBytes && facts.checksums === "when-cheap";
  return {
    cards: cutoutHeader({
      original: image.header,
      shape: [window.width, window.height, ...image.shape.slice(2)],
      window,
      extension: version !== undefined,
      drop: facts.wholeImageKeywords,
      provenance: cards,
      replaces,
    }),
    byteLength: cost.outputBytes,
    rows: isStreamed ? onceAsked(rows) : rows,
  };
}

/** Begun when the first are asked for. */
async function* onceAsked<Row>(rows: () => AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<Row, void, undefined> {
  yield* rows();
}

const EMPTY_PRIMARY: FitsPart = {
  cards: cutoutHeader({ original: createHeader([]), shape: [], window: { x0: 0, y0: 0 }, extension: false }),
  byteLength: 0,
  rows: [],
};

/** Of images of the same name the first is version 1, so that name and version together are unique. */
function countNames(pieces: readonly CutoutPiece[]): number[] {
  const counts = new Map<string, number>();
  return pieces.map((piece) => {
    const version = (counts.get(nameOf(piece)) ?? 0) + 1;
    counts.set(nameOf(piece), version);
    return version;
  });
}

function nameOf({ lease, plane }: CutoutPiece): string {
  return lease.image.extensionName || plane.toUpperCase();
}
