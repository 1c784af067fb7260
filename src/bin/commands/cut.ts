import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Writable } from "node:stream";
import { closePixelCore, createPixelCore } from "../pixel-core.ts";
import { createServices } from "../services.ts";
import type { Cutout } from "../../cutout/cutout.ts";
import { openCutout, openFileCutout } from "../../cutout/open-cutout.ts";
import { ServiceError } from "../../errors.ts";
import type { ImageSelector } from "../../cutout/open-image.ts";
import { parsePos } from "../../ivoa/dali-values.ts";
import type { PixelWindow } from "../../raster/pixel-window.ts";
import { EXIT_FAILURE, EXIT_OK, parseArguments, type Command, type CommandContext } from "../command.ts";
import { readConfiguration, type Configuration } from "../configuration.ts";
import { SOFTWARE } from "../version.ts";

const OPTIONS = {
  pos: { type: "string" },
  filter: { type: "string", multiple: true },
  plane: { type: "string", multiple: true },
  hdu: { type: "string" },
  window: { type: "string" },
  output: { type: "string", short: "o" },
} as const;

export const command: Command = {
  name: "cut",
  summary: "Cut an image to a file or standard output, without a server",
  help: `
Usage: recorte cut <release or file> [options]

Cuts from a release in the image index, by position, or from any FITS file (plain, .fz, .gz; a path, or an http(s) or
s3 address), and writes FITS.

Options:
  --pos SHAPE      "CIRCLE ra dec radius", "RANGE ra1 ra2 dec1 dec2" or "POLYGON ra dec ra dec ra dec ...", ICRS degrees
  --filter BAND    of a release: only this band; may be given again. Default: all
  --plane PLANE    of a release: image, mask or weight; may be given again. Default: image
  --hdu N          of a file: its HDU, counted from 0, or its EXTNAME. Default: the first with an image of two axes
  --window W       of a file: x0,y0,width,height in pixels, counted from 0; what lies outside of the image is left out
  -o, --output F   write to F, which appears when it is whole; "-", the default, is standard output

Exit status: 0 done; 1 failed, or nothing to cut there; 2 called wrongly.

Example:
  recorte cut des_sample --pos "CIRCLE 59.09 -52.811 0.005" --filter g -o cutout.fits
  recorte cut tile.fits.fz --hdu SCI --window 100,200,256,256 > cutout.fits`,

  async run(args, context) {
    const { values, positionals } = parseArguments(args, { options: OPTIONS, positionals: ["release or file"] });
    const [target] = positionals;
    const output = values.output ?? "-";
    if (output === "-" && context.stdout.isTTY) {
      throw new ServiceError("usage", "Cannot write FITS to a terminal: use -o FILE, or redirect standard output");
    }
    const configuration = readConfiguration(context.env);
    const stencil = values.pos === undefined ? undefined : parsePos(values.pos);
    const isFile = /[./]/.test(target);
    if (isFile && (values.filter ?? values.plane)) {
      throw new ServiceError("usage", "Cannot use --filter or --plane with a file: they choose images of a release");
    }
    if (!isFile && (values.hdu ?? values.window)) {
      throw new ServiceError("usage", "Cannot use --hdu or --window with a release: they choose pixels of a file");
    }
    const write = (cutout: Cutout | null) => writeCutout(cutout, output, context);
    if (isFile) {
      const window = values.window === undefined ? undefined : parseWindow(values.window);
      if (window !== undefined && stencil !== undefined)
        throw new ServiceError("usage", "Cannot use both --pos and --window");
      return cutFile({ file: target, hdu: values.hdu, stencil, window }, configuration, context, write);
    }
    return cutRelease(
      { release: target, stencil, filters: values.filter ?? [], planes: values.plane ?? ["image"] },
      configuration,
      context,
      write,
    );
  },
};

type Write = (cutout: Cutout | null) => Promise<number>;
type Stencil = ReturnType<typeof parsePos>;

async function cutFile(
  request: { file: string; hdu: string | undefined; stencil: Stencil | undefined; window: PixelWindow | undefined },
  configuration: Configuration,
  { signal }: CommandContext,
  write: Write,
): Promise<number> {
  const file = /^(https?|s3):/i.test(request.file) ? request.file : resolve(request.file);
  const core = await createPixelCore(configuration, () => ["/"]); // whoever calls may read what they may read
  try {
    const limits = { maxPixels: Infinity };
    const services = { ...core, limits, software: SOFTWARE, now: () => new Date() };
    const hdu = parseHdu(request.hdu);
    const { stencil, window } = request;
    return await write(await openFileCutout({ file, hdu, stencil, window, checksums: "always" }, services, signal));
  } finally {
    await closePixelCore(core);
  }
}

async function cutRelease(
  request: { release: string; stencil: Stencil | undefined; filters: string[]; planes: string[] },
  configuration: Configuration,
  { signal }: CommandContext,
  write: Write,
): Promise<number> {
  const services = await createServices(configuration);
  try {
    const { release } = services.registry.getRelease(request.release);
    const planes = request.planes.map((name) => {
      const plane = release.planes.find((candidate) => candidate === name);
      if (plane !== undefined) return plane;
      throw new ServiceError("usage", `Unknown plane "${name}": ${release.id} has ${release.planes.join(", ")}`);
    });
    const selection = { id: release.id, stencil: request.stencil, bands: request.filters };
    const all = { wavelengthMetres: undefined, timeMjd: undefined, checksums: "always", missing: "report" } as const;
    const limits = { maxPixels: Infinity };
    return await write(await openCutout({ ...selection, ...all, planes }, { ...services.cutouts, limits }, signal));
  } finally {
    await services.close();
  }
}

async function writeCutout(cutout: Cutout | null, output: string, { stdout, stderr, signal }: CommandContext) {
  if (cutout === null) {
    stderr.write("recorte cut: there is nothing to cut: the shape and the images have no pixel in common\n");
    return EXIT_FAILURE;
  }
  for (const did of cutout.missing) stderr.write(`recorte cut: the file of ${did} is missing\n`);
  const body = await cutout.open({ signal });
  const stream = body instanceof ReadableStream ? body : new Blob([body]).stream();
  if (output === "-") {
    await stream.pipeTo(Writable.toWeb(stdout), { signal, preventClose: true });
    return EXIT_OK;
  }
  const temporary = `${output}.part`;
  try {
    await stream.pipeTo(Writable.toWeb(createWriteStream(temporary)), { signal });
    await rename(temporary, output);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return EXIT_OK;
}

/** A number, or a name; without one, the first HDU that holds an image. */
function parseHdu(text: string | undefined): ImageSelector {
  if (text === undefined) return { firstImage: true };
  return /^\d+$/.test(text) ? { index: Number(text) } : { name: text };
}

function parseWindow(text: string): PixelWindow {
  const numbers = text.split(",").map((word) => (/^-?\d+$/.test(word.trim()) ? Number(word) : NaN));
  const [x0, y0, width, height] = numbers;
  if (numbers.length === 4 && numbers.every((n) => Number.isSafeInteger(n)) && width > 0 && height > 0) {
    return { x0, y0, width, height };
  }
  throw new ServiceError(
    "usage",
    `Cannot read --window "${text}": it needs x0,y0,width,height in whole pixels, counted from 0`,
  );
}
