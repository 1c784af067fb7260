import { ImageCache } from "../../src/cutout/image-cache.ts";
import { gunzipIfWrapped } from "../../src/cutout/gzip-source.ts";
import { openFileCutout } from "../../src/cutout/open-cutout.ts";
import { openImage, type OpenImage } from "../../src/cutout/open-image.ts";
import { PlaneCache } from "../../src/cutout/plane-cache.ts";
import { preparePlan, readPixelRows, type PixelServices } from "../../src/cutout/read.ts";
import { ServiceError, type ErrorCode } from "../../src/errors.ts";
import { readHdus, type Hdu } from "../../src/fits/hdu.ts";
import { summarizeHdu } from "../../src/fits/listing.ts";
import { verifyHdu } from "../../src/fits/verify.ts";
import type { PixelWindow } from "../../src/raster/pixel-window.ts";
import type { Stencil } from "../../src/sky/stencil.ts";
import type { RangeSource } from "../../src/storage/range-source.ts";
import { footprintOf, sRegion, windowOf } from "../../src/wcs/footprint.ts";
import { pixelToSky, skyToPixel, type Wcs } from "../../src/wcs/wcs.ts";
import { GuardedArena, GuardedDecoder } from "../support/guarded-arena.ts";
import { memorySource } from "../support/memory-source.ts";
import { decoderModule } from "../support/pixel-services.ts";
import type { Random } from "./random.ts";

/** What a reader may be told of a file that somebody else made; all else is a fault of ours. */
const EXPECTED: readonly ErrorCode[] = ["corrupt-data", "unsupported", "over-limit", "not-found"];

const MEBI = 2 ** 20;
/** A tile, or a row of tiles, when decoded: `RECORTE_MAX_TILE` of the fuzz run. */
const MAX_TILE_BYTES = 8 * MEBI;
const MAX_GZIP_BYTES = 16 * MEBI;
/** No single step takes so long, on a machine that does other things too. */
const MAX_STEP_SECONDS = 5;
/** Of a cutout, read and thrown away; what a header lies about beyond is not waited for. */
const MAX_READ_BYTES = 8 * MEBI;

/**
 * What one file may take in the arena: two chunks of input, each at most the heap and a gap between its streams; the
 * output of a chunk; scratch of the largest tile, which HCOMPRESS multiplies by six; jobs. Caches are apart.
 */
const arenaBound = (fileBytes: number) => 4 * fileBytes + 10 * MAX_TILE_BYTES + CACHE_BYTES + 2 * MEBI;
/** Array buffers on top of those in use before: the table of tiles, pixels on their way, an unwrapped file. */
const bufferBound = (fileBytes: number) => 8 * fileBytes + 2 * MAX_TILE_BYTES + 2 * MAX_GZIP_BYTES + 16 * MEBI;
const CACHE_BYTES = 4 * MEBI;

export type Counts = { images: number; pixels: number; errors: Map<ErrorCode, number> };

/** Everything that reading takes, with guards; used for many files. */
export type Examiner = {
  /** Throws an `Error` that says what is wrong with the program, not with the file. */
  examine(name: string, bytes: Uint8Array, random: Random): Promise<void>;
  readonly counts: Counts;
};

/** `module`: the decoders, those of the release build by default. */
export async function createExaminer(module?: WebAssembly.Module): Promise<Examiner> {
  const arena = new GuardedArena(1024 * MEBI);
  const decoder = new GuardedDecoder(arena, module ?? (await decoderModule()));
  const counts: Counts = { images: 0, pixels: 0, errors: new Map() };
  return {
    counts,
    async examine(name, bytes, random) {
      const caches = random.chance(0.3) ? { heapBytes: CACHE_BYTES, indexBytes: CACHE_BYTES } : NO_CACHES;
      const planes = new PlaneCache(arena, caches);
      const pixels = { decoder, planes, limits: { maxTileBytes: MAX_TILE_BYTES } };
      const idleBytes = arena.allocatedBytes;
      arena.resetPeaks();
      const steps = new Steps(name, counts, arenaBound(bytes.length), bufferBound(bytes.length), arena);
      await examineFile(memorySource(name, bytes), { pixels, planes, steps, random });
      planes.clear();
      if (arena.allocatedBytes !== idleBytes) throw new Error("A file kept memory of the arena");
    },
  };
}

const NO_CACHES = { heapBytes: 0, indexBytes: 0 };

/** Runs steps, and knows what may come of them. */
class Steps {
  readonly #name: string;
  readonly #counts: Counts;
  readonly #arenaBytes: number;
  readonly #bufferBytes: number;
  readonly #arena: GuardedArena;
  readonly #buffersBefore = process.memoryUsage().arrayBuffers;

  constructor(name: string, counts: Counts, arenaBytes: number, bufferBytes: number, arena: GuardedArena) {
    this.#name = name;
    this.#counts = counts;
    this.#arenaBytes = arenaBytes;
    this.#bufferBytes = bufferBytes;
    this.#arena = arena;
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** undefined where the step said in a proper error what is wrong; the error has to hold the file and all of `named`. */
  async step<T>(what: string, named: readonly RegExp[] | null, work: () => T | Promise<T>): Promise<T | undefined> {
    const started = performance.now();
    const result = await Promise.resolve()
      .then(work)
      .catch((error: unknown) => this.#judge(what, named, error));
    const seconds = (performance.now() - started) / 1000;
    if (seconds > MAX_STEP_SECONDS) throw new Error(`${what} took ${seconds.toFixed(1)} seconds`);
    this.checkMemory(what);
    return result;
  }

  checkMemory(what: string): void {
    if (this.#arena.peakBytes > this.#arenaBytes) {
      throw new Error(`${what} took ${this.#arena.peakBytes} bytes of the arena; ${this.#arenaBytes} are the bound`);
    }
    const buffers = process.memoryUsage().arrayBuffers - this.#buffersBefore;
    if (buffers > this.#bufferBytes) {
      throw new Error(`${what} took ${buffers} bytes of array buffers; ${this.#bufferBytes} are the bound`);
    }
  }

  #judge(what: string, named: readonly RegExp[] | null, error: unknown): undefined {
    if (!(error instanceof ServiceError)) throw error;
    const said = `${what}: ${error.code}: ${error.message}`;
    if (!EXPECTED.includes(error.code)) throw new Error(`${said} (a code that no file should cause)`, { cause: error });
    // What works on coordinates alone knows no file: null.
    if (named !== null) this.#checkNames(said, named, error);
    if (error.message.length > 600) throw new Error(`${said.slice(0, 700)} … (is too long)`, { cause: error });
    this.#counts.errors.set(error.code, (this.#counts.errors.get(error.code) ?? 0) + 1);
  }

  #checkNames(said: string, named: readonly RegExp[], error: ServiceError): void {
    if (!error.message.includes(this.#name)) throw new Error(`${said} (does not name the file)`, { cause: error });
    for (const pattern of named) {
      if (!pattern.test(error.message)) throw new Error(`${said} (does not match ${pattern})`, { cause: error });
    }
  }
}

type Examination = {
  readonly pixels: PixelServices;
  readonly planes: PlaneCache;
  readonly steps: Steps;
  readonly random: Random;
};

async function examineFile(wrapped: RangeSource, examination: Examination): Promise<void> {
  const { steps, random } = examination;
  const unwrapped = await steps.step("unwrapping", [], () => gunzipIfWrapped(wrapped, MAX_GZIP_BYTES));
  if (unwrapped === undefined) return;
  const source = unwrapped.readable;
  const hdus: Hdu[] = [];
  await steps.step("listing", [], async () => {
    for await (const hdu of readHdus(source)) {
      hdus.push(hdu);
      summarizeHdu(hdu);
    }
  });
  const chosen = hdus.length <= 5 ? hdus : [random.pick(hdus), random.pick(hdus), random.pick(hdus)];
  for (const hdu of chosen) {
    if (random.chance(0.1)) await steps.step("verifying", [], () => verifyHdu(source, hdu));
    await examineImage(source, hdu, examination);
  }
  await steps.step("opening the first image", [], async () => {
    (await openImage(source, { firstImage: true }, examination.pixels.decoder)).dispose();
  });
  if (random.chance(0.4)) await examineCutout(wrapped, examination);
}

async function examineImage(source: RangeSource, { index }: Hdu, examination: Examination): Promise<void> {
  const { pixels, steps, random } = examination;
  const named = [new RegExp(`\\[${index}\\]|HDU (number )?${index}\\b`)];
  const image = await steps.step(`opening HDU ${index}`, named, () => openImage(source, { index }, pixels.decoder));
  if (image === undefined) return;
  steps.counts.images++;
  try {
    const wcs = await steps.step("parsing the WCS", named, () => image.wcs);
    if (wcs !== undefined && wcs !== null) await examineSky(wcs, examination);
    for (const window of windowsOf(image, random)) {
      const what = `reading ${JSON.stringify(window)} of ${image.width} × ${image.height} × ${image.planes}`;
      const plan = await steps.step(`planning, ${what}`, named, () => preparePlan(image, window, pixels));
      if (plan === undefined) continue;
      const rows = readPixelRows(image, plan, pixels);
      let bytes = 0;
      let done: boolean | undefined = false;
      while (done === false && bytes < MAX_READ_BYTES) {
        const next = await steps.step(what, [...named, /tile \d+/], () => rows.next());
        if (next !== undefined && !next.done) bytes += next.value.bytes.length;
        done = next === undefined ? undefined : next.done;
      }
      await rows.return();
      steps.counts.pixels += bytes / plan.bytesPerPixel;
      if (done === true && bytes !== plan.cost.outputBytes) {
        throw new Error(`${what} gave ${bytes} bytes, and ${plan.cost.outputBytes} were planned`);
      }
    }
  } finally {
    image.dispose();
  }
}

/** The whole image, or the most that is worth waiting for, and some random windows. */
function windowsOf({ width, height }: OpenImage, random: Random): PixelWindow[] {
  const windows = [{ x0: 0, y0: 0, width, height }];
  for (let i = 0; i < 3; i++) {
    const x0 = random.chance(0.3) ? Math.max(0, width - 1 - random.below(20)) : random.below(width);
    const y0 = random.chance(0.3) ? Math.max(0, height - 1 - random.below(20)) : random.below(height);
    const side = 2 ** random.below(12);
    windows.push({ x0, y0, width: Math.min(width - x0, side), height: Math.min(height - y0, 1 + random.below(side)) });
  }
  return windows;
}

async function examineSky(wcs: Wcs, { steps, random }: Examination): Promise<void> {
  const [width, height] = [wcs.shape[wcs.pixelAxes[0]] ?? 1, wcs.shape[wcs.pixelAxes[1]] ?? 1];
  await steps.step("the footprint", null, () => sRegion(footprintOf(wcs)));
  const inside = await steps.step("a position", null, () => {
    const position = pixelToSky(wcs, random.next() * width, random.next() * height);
    return position === null ? null : (skyToPixel(wcs, position), position);
  });
  const anywhere = { raDegrees: random.next() * 360, decDegrees: random.next() * 180 - 90 };
  for (const stencil of stencilsAt(inside ?? anywhere, random)) {
    await steps.step(`the window of ${JSON.stringify(stencil)}`, null, () => {
      const window = windowOf(wcs, stencil);
      if (window === null) return;
      const { x0, y0 } = window;
      const whole = [x0, y0, window.width, window.height].every(Number.isInteger);
      if (!whole || x0 < 0 || y0 < 0 || window.width < 1 || window.height < 1) {
        throw new Error(`The window of ${JSON.stringify(stencil)} is ${JSON.stringify(window)}`);
      }
      if (x0 + window.width > width || y0 + window.height > height) {
        throw new Error(
          `The window of ${JSON.stringify(stencil)} is ${JSON.stringify(window)} of ${width} × ${height}`,
        );
      }
    });
  }
}

function stencilsAt({ raDegrees, decDegrees }: { raDegrees: number; decDegrees: number }, random: Random): Stencil[] {
  const radiusDegrees = Math.min(180, 10 ** (random.next() * 7 - 5));
  const raMaxDegrees = (raDegrees + radiusDegrees) % 360;
  const decMaxDegrees = Math.min(90, decDegrees + radiusDegrees);
  return [
    { shape: "circle", center: { raDegrees, decDegrees }, radiusDegrees },
    { shape: "range", raMinDegrees: raDegrees, raMaxDegrees, decMinDegrees: decDegrees, decMaxDegrees },
  ];
}

/** As the service does it, to the last byte of the FITS file. */
async function examineCutout(wrapped: RangeSource, { pixels, steps, random }: Examination): Promise<void> {
  const store = { open: () => Promise.resolve(wrapped) };
  const images = new ImageCache(store, pixels.decoder, { maxBytes: MEBI, maxGzipBytes: MAX_GZIP_BYTES });
  const services = { images, pixels, limits: { maxPixels: 1_000_000 }, software: "fuzz", now: () => new Date(0) };
  const side = 1 + random.below(300);
  const window = { x0: random.below(200), y0: random.below(200), width: side, height: side };
  const hdu = random.chance(0.5) ? ({ firstImage: true } as const) : { index: random.below(3) };
  const request = { file: wrapped.key, hdu, stencil: undefined, window, checksums: "when-cheap" } as const;
  await steps.step("a cutout of the file", [], async () => {
    const cutout = await openFileCutout(request, services, new AbortController().signal);
    if (cutout === null) return;
    let length = 0;
    const body = await cutout.open();
    for await (const chunk of body instanceof Uint8Array ? [body] : body) length += chunk.length;
    if (length !== cutout.byteLength) throw new Error(`A cutout of ${cutout.byteLength} bytes came with ${length}`);
  });
  if (images.inUse !== 0) throw new Error("A cutout kept its image");
  images.clear();
}
