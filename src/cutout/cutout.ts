import { fitsByteLength, startFits, type EncodeOptions, type FitsPart, type StreamEnd } from "../encode/fits.ts";
import { ServiceError } from "../errors.ts";
import { formatCard } from "../fits/card-format.ts";
import { cutoutHeader } from "../fits/cutout-header.ts";
import { createHeader } from "../fits/header.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { Dataset } from "../surveys/dataset.ts";
import type { Plane } from "../surveys/release.ts";
import { windowOf } from "../wcs/footprint.ts";
import type { ImageLease } from "./image-cache.ts";
import { maskRowsInPlace, type OutsideMask } from "./mask-outside.ts";
import type { OpenImage } from "./open-image.ts";
import type { CutoutCost, CutoutPlan } from "./plan.ts";
import { provenanceOf } from "./provenance.ts";
import { readPixelRows, type PixelServices } from "./read.ts";
import { recipeTag, type Digest } from "./recipe.ts";

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
  open(options?: {
    signal?: AbortSignal;
    onEnd?: (end: StreamEnd) => void;
  }): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>>;
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

/**
 * Up to this many bytes the pixels are decoded before the first byte leaves, so that checksums can stand in the header:
 * 286 × 286 pixels of 4 bytes, which is a cutout of 256 however it lies on the pixels. Larger cutouts stream at once,
 * unless checksums are asked for.
 */
const ENCODING = { bufferBytes: 320 * 1024 };

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
  let signal: AbortSignal | undefined;
  const parts = describeParts(pieces, facts, pixels, () => signal);
  const dispose = () => pieces.forEach(({ lease }) => lease.release());
  const { stencil, checksums, missing, software, day, fileName } = facts;
  const recipe = pieces.map(({ dataset, plane, plan: { window }, lease: { image } }) => {
    const { key, version } = image.source;
    return { key, version, hduIndex: image.hduIndex, plane, did: dataset?.publisherDid, window };
  });
  const isMasked = pieces.some(({ mask }) => mask !== null);
  return {
    mediaType: "application/fits",
    fileName,
    byteLength: fitsByteLength(parts, ENCODING),
    etag: recipeTag(recipe, [software, day, stencil, checksums, missing, isMasked], digest),
    cost: totalCost(pieces),
    get datasets() {
      return [...new Set(pieces.flatMap(({ dataset }) => (dataset === null ? [] : [dataset.publisherDid])))];
    },
    missing,
    async open({ signal: given, onEnd } = {}) {
      signal = given;
      try {
        return await startFits(parts, {
          ...ENCODING,
          allocate,
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
  const total = { outputBytes: 0, outputPixels: 0, tiles: 0, bytesToRead: 0, pixelsToDecode: 0 };
  for (const { plan } of pieces) {
    for (const key of Object.keys(total) as (keyof CutoutCost)[]) total[key] += plan.cost[key];
  }
  return total;
}

const ORIGIN = { x0: 0, y0: 0 };
const NO_ROWS: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** One image is the primary HDU; several are extensions after an empty one. */
function describeParts(
  pieces: readonly CutoutPiece[],
  { stencil, checksums, missing, wholeImageKeywords, software, day }: CutoutFacts,
  pixels: PixelServices,
  signal: () => AbortSignal | undefined,
): FitsPart[] {
  const extension = pieces.length > 1;
  const versions = extension ? countNames(pieces) : null;
  const parts = pieces.map(({ dataset, plane, lease: { image }, plan, mask }, i): FitsPart => {
    const { window } = plan;
    const rows = () =>
      bytesOf(() => {
        const read = readPixelRows(image, plan, pixels, signal());
        return mask === null ? read : maskRowsInPlace(read, window, mask);
      });
    const streamed = plan.cost.outputBytes > ENCODING.bufferBytes && checksums === "when-cheap";
    return {
      cards: cutoutHeader({
        original: image.header,
        shape: [window.width, window.height, ...image.shape.slice(2)],
        window,
        extension,
        drop: wholeImageKeywords,
        provenance: [
          ...(versions === null ? [] : [formatCard("EXTNAME", nameOf(pieces[i])), formatCard("EXTVER", versions[i])]),
          ...provenanceOf({ dataset, plane, image, window, stencil, missing, software, day }),
          ...(mask?.cards ?? []),
        ],
      }),
      byteLength: plan.cost.outputBytes,
      rows: streamed ? rows() : rows,
    };
  });
  return extension ? [emptyPrimary(), ...parts] : parts;
}

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

function emptyPrimary(): FitsPart {
  const cards = cutoutHeader({ original: createHeader([]), shape: [], window: ORIGIN, extension: false });
  return { cards, byteLength: 0, rows: () => NO_ROWS };
}

/** `read` is called when the first bytes are asked for. Not a generator: a layer of them a piece takes microseconds. */
function bytesOf(read: () => AsyncIterator<PixelRows>): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      let rows: AsyncIterator<PixelRows> | undefined;
      return {
        async next() {
          const result = await (rows ??= read()).next();
          return result.done === true ? DONE : { done: false, value: result.value.bytes };
        },
        async return() {
          await rows?.return?.();
          return DONE;
        },
      };
    },
  };
}

const DONE = { done: true, value: undefined } as const;
