import { ServiceError } from "../errors.ts";
import { clipWindow, type PixelWindow } from "../raster/pixel-window.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { Dataset } from "../surveys/dataset.ts";
import type { Plane } from "../surveys/release.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import { createCutout, windowOfStencil, type Cutout, type CutoutFacts, type CutoutPiece } from "./cutout.ts";
import { formatFileName } from "./file-name.ts";
import type { HduLocation, ImageCache, ImageLease } from "./image-cache.ts";
import { planOutsideMask } from "./mask-outside.ts";
import type { ImageSelector } from "./open-image.ts";
import { preparePlan, type PixelServices } from "./read.ts";
import type { Digest } from "./recipe.ts";
import { selectDatasets, type ImageSelection } from "./select-datasets.ts";

export type CutoutRequest = ImageSelection & {
  readonly planes: readonly Plane[];
  readonly checksums: CutoutFacts["checksums"];
  /** Images on record whose file is not there: named in the header of the answer, or an error. */
  readonly missing: "report" | "fail";
  /** "outside": pixels whose centre lies outside the stencil have no value. As "none" where it is left out. */
  readonly mask?: "none" | "outside" | undefined;
};

/** A cutout of a file that is named by hand. */
export type FileCutoutRequest = {
  readonly file: string;
  readonly hdu: ImageSelector;
  /** What to cut; both undefined: the whole image. The window is clipped to the image. */
  readonly stencil: Stencil | undefined;
  readonly window: PixelWindow | undefined;
  readonly checksums: CutoutFacts["checksums"];
};

export type FileCutoutServices = {
  readonly images: ImageCache;
  readonly pixels: PixelServices;
  /** `pixelLimit`: what this one is called where limits are set. */
  readonly limits: { readonly maxPixels: number; readonly pixelLimit?: string | undefined };
  /** Name and version of this service, for provenance: "recorte 0.1.0". */
  readonly software: string;
  /** The present, for the date in the header. */
  readonly now: () => Date;
  /**
   * Memory for the bytes of cutouts. Whoever sends them may give it back to its owner once they are gone; where it is
   * given back, nobody else may have kept them.
   */
  readonly allocate?: ((byteLength: number) => Uint8Array<ArrayBuffer>) | undefined;
  /** For ETags, where one is at hand that is faster than plain JavaScript. */
  readonly digest?: Digest | undefined;
};

export type CutoutServices = FileCutoutServices & { readonly registry: SurveyRegistry };

/**
 * The one door to pixels: http, jobs and the command line all come through here. null where the request and the images
 * have no pixel in common. All that can fail before the first byte fails here.
 */
export async function openCutout(
  request: CutoutRequest,
  services: CutoutServices,
  signal: AbortSignal,
): Promise<Cutout | null> {
  const { release, datasets } = await selectDatasets(services.registry, request, signal);
  const { stencil, checksums } = request;
  return withPieces(services, async (pieces) => {
    const missing: string[] = [];
    for (let i = 0; i < datasets.length; i++) {
      if (!(await addDataset(pieces, datasets[i], request, services, signal))) missing.push(datasets[i].publisherDid);
      // Hundreds of images are not opened to tell exactly by how much it is too large.
      const pixels = pixelsOf(pieces);
      if (i + 1 < datasets.length && pixels > FAR_TOO_MANY * services.limits.maxPixels) {
        throw tooManyPixels(`more than ${pixels}`, services.limits);
      }
    }
    if (missing.length > 0 && (request.missing === "fail" || pieces.length === 0)) {
      throw new ServiceError("missing-file", `Cannot cut: the files of ${missing.join(", ")} are not there`);
    }
    const bands = [...new Set(pieces.map(({ dataset }) => dataset?.band ?? ""))];
    const name = pieces[0]?.dataset?.obsId ?? "";
    const fileName = formatFileName({ release: release.id, stencil, bands, name });
    return { fileName, stencil, checksums, missing, wholeImageKeywords: release.wholeImageKeywords };
  });
}

/** As `openCutout`, of one HDU of one file. */
export async function openFileCutout(
  request: FileCutoutRequest,
  services: FileCutoutServices,
  signal: AbortSignal,
): Promise<Cutout | null> {
  const { file, hdu, stencil, checksums } = request;
  return withPieces(services, async (pieces) => {
    await addImage(pieces, { location: { file, hdu }, dataset: null, plane: "image" }, request, services, signal);
    const name = file.slice(file.lastIndexOf("/") + 1).replace(/\.fits?(\.(fz|gz))?$/i, "");
    const fileName = formatFileName({ release: name, stencil, bands: [], name: "" });
    return { fileName, stencil, checksums, missing: [], wholeImageKeywords: NO_KEYWORDS };
  });
}

/** One for all: `cutoutHeader` keeps what it makes of a list by the list itself. */
const NO_KEYWORDS: readonly string[] = [];

/** Collects pieces and makes a cutout of them; on any way out but that, their leases are given back. */
async function withPieces(
  services: FileCutoutServices,
  collect: (pieces: CutoutPiece[]) => Promise<Omit<CutoutFacts, "software" | "day">>,
): Promise<Cutout | null> {
  const { limits, pixels, software, now, allocate, digest } = services;
  const pieces: CutoutPiece[] = [];
  try {
    const facts = await collect(pieces);
    if (pieces.length === 0) return null;
    const count = pixelsOf(pieces);
    if (count > limits.maxPixels) throw tooManyPixels(count, limits);
    return createCutout(pieces, { ...facts, software, day: dayOf(now()) }, { pixels, allocate, digest });
  } catch (error) {
    for (const { lease } of pieces) lease.release();
    throw error;
  }
}

const DAY_MILLISECONDS = 86_400_000;
const lastDay = { number: NaN, text: "" };

/** YYYY-MM-DD, UTC; written once a day. */
function dayOf(now: Date): string {
  const number = Math.floor(now.getTime() / DAY_MILLISECONDS);
  if (number !== lastDay.number) Object.assign(lastDay, { number, text: now.toISOString().slice(0, 10) });
  return lastDay.text;
}

/** False where a file of the dataset is not there. */
async function addDataset(
  pieces: CutoutPiece[],
  dataset: Dataset,
  { stencil, planes, mask }: CutoutRequest,
  services: CutoutServices,
  signal: AbortSignal,
): Promise<boolean> {
  for (const plane of planes) {
    const place = services.registry.locate(dataset, plane);
    if (place === null) continue;
    const hdu = place.hduIndex !== null ? { index: place.hduIndex } : { name: place.extname ?? "" };
    try {
      const location = { file: place.location, hdu };
      await addImage(pieces, { location, dataset, plane }, { stencil, window: undefined, mask }, services, signal);
    } catch (error) {
      if (error instanceof ServiceError && error.code === "missing-file") return false;
      throw ofFileOnRecord(error, place.location);
    }
  }
  return true;
}

/** Clients may know the name of a file, and not where it lies; one that lacks an HDU on record is damaged. */
function ofFileOnRecord(error: unknown, file: string): unknown {
  if (!(error instanceof ServiceError)) return error;
  const code = error.code === "not-found" ? "corrupt-data" : error.code;
  const name = file.slice(file.lastIndexOf("/") + 1);
  return new ServiceError(code, error.message.replaceAll(file, name), { cause: error });
}

/** Adds nothing where the image has no pixel of what is asked for. */
async function addImage(
  pieces: CutoutPiece[],
  { location, dataset, plane }: { location: HduLocation; dataset: Dataset | null; plane: Plane },
  { stencil, window: given, mask }: Pick<FileCutoutRequest, "stencil" | "window"> & Pick<CutoutRequest, "mask">,
  { images, pixels }: FileCutoutServices,
  signal: AbortSignal,
): Promise<void> {
  const lease: ImageLease = await images.open(location, signal);
  try {
    const { image } = lease;
    const window = given === undefined ? windowOfStencil(image, stencil) : clipWindow(given, image);
    if (window === null) return lease.release();
    const plan = await preparePlan(image, window, pixels, signal);
    const isMasked = mask === "outside" && stencil !== undefined;
    pieces.push({ dataset, plane, lease, plan, mask: isMasked ? planOutsideMask(image, window, stencil) : null });
  } catch (error) {
    lease.release();
    throw error;
  }
}

const FAR_TOO_MANY = 4;

function pixelsOf(pieces: readonly CutoutPiece[]): number {
  let pixels = 0;
  for (const { plan } of pieces) pixels += plan.cost.outputPixels;
  return pixels;
}

function tooManyPixels(count: number | string, limits: FileCutoutServices["limits"]): ServiceError {
  const { maxPixels, pixelLimit: limit } = limits;
  return new ServiceError(
    "over-limit",
    `Cannot cut ${count} pixels into one file: ${maxPixels} are allowed; a smaller shape or fewer bands are needed`,
    { limit },
  );
}
