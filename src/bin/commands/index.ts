import type { PlaneCache } from "../../cutout/plane-cache.ts";
import { preparePlan, readPixelRows, type PixelServices } from "../../cutout/read.ts";
import type { OpenImage } from "../../cutout/open-image.ts";
import { ServiceError } from "../../errors.ts";
import type { Dataset } from "../../surveys/dataset.ts";
import type { Plane } from "../../surveys/release.ts";
import { EXIT_FAILURE, EXIT_OK, parseArguments, type Command, type OutputStream } from "../command.ts";
import { readConfiguration } from "../configuration.ts";
import { oneLine } from "../one-line.ts";
import { createServices, type Services } from "../services.ts";

export const command: Command = {
  name: "index",
  summary: "Build seek indices ahead, so that first cutouts are as fast as later ones",
  help: `
Usage: recorte index <release> [--plane PLANE]... [--field NAME]...

Reads the Rice-compressed images of a release once and notes where their rows can be entered: 8 bytes for every 128
pixels, below RECORTE_DATA/seek-index. Images that are indexed already are passed over quickly. Without it, cutouts
build the same index bit by bit where they touch an image.

Options:
  --plane PLANE    image, mask or weight; may be given again. Default: image
  --field NAME     only images of this field (DES: tile); may be given again

Exit status: 0 all done; 1 some images could not be read, and were named; 2 called wrongly.

Example:
  recorte index des_dr2 --plane image --plane weight --field DES0219-1041`,

  async run(args, { env, stdout, stderr, signal }) {
    const { values, positionals } = parseArguments(args, {
      options: { plane: { type: "string", multiple: true }, field: { type: "string", multiple: true } },
      positionals: ["release"],
    });
    const configuration = readConfiguration(env);
    // One plane at a time: its index must fit, and its compressed bytes are read once.
    const services = await createServices({ ...configuration, planeCacheBytes: 0, decodeWorkers: 0 });
    try {
      const { release } = services.registry.getRelease(positionals[0]);
      const planes = (values.plane ?? ["image"]).map((name) => {
        const plane = release.planes.find((candidate) => candidate === name);
        if (plane === undefined)
          throw new ServiceError("usage", `Unknown plane "${name}": ${release.id} has ${release.planes.join(", ")}`);
        return plane;
      });
      const images = await findImages(services, release.id, values.field, signal);
      let failed = 0;
      for (const [i, dataset] of images.entries()) {
        for (const plane of planes) {
          showProgress(stderr, `${i + 1} of ${images.length}: ${dataset.obsId} ${dataset.band ?? ""} ${plane}`);
          failed += (await indexPlane(services, dataset, plane, signal, stderr)) ? 0 : 1;
        }
      }
      showProgress(stderr, "");
      stdout.write(
        `${images.length} images of ${release.id} are indexed${failed > 0 ? `, ${failed} planes failed` : ""}\n`,
      );
      return failed > 0 ? EXIT_FAILURE : EXIT_OK;
    } finally {
      await services.close();
    }
  },
};

async function findImages(services: Services, release: string, fields: string[] | undefined, signal: AbortSignal) {
  const queries = fields === undefined ? [{ release }] : fields.map((fieldName) => ({ release, fieldName }));
  const found = await Promise.all(queries.map((query) => services.registry.findDatasets(query, signal)));
  const images = found.flat().filter((dataset) => dataset.available);
  if (images.length === 0) throw new ServiceError("not-found", `Cannot index ${release}: it has no such images here`);
  return images;
}

async function indexPlane(
  { registry, images, pixels }: Services,
  dataset: Dataset,
  plane: Plane,
  signal: AbortSignal,
  stderr: OutputStream,
): Promise<boolean> {
  const place = registry.locate(dataset, plane);
  if (place === null) return true;
  try {
    const hdu = place.hduIndex !== null ? { index: place.hduIndex } : { name: place.extname ?? "" };
    const lease = await images.open({ file: place.location, hdu }, signal);
    try {
      await indexImage(lease.image, pixels, signal);
    } finally {
      lease.release();
    }
    return true;
  } catch (error) {
    signal.throwIfAborted();
    showProgress(stderr, "");
    stderr.write(
      `${dataset.publisherDid} ${plane}: ${oneLine(error instanceof Error ? error.message : String(error))}\n`,
    );
    return false;
  }
}

/** Decodes the last column of the image: on the way there every tile is walked through, and nothing else is kept. */
async function indexImage(image: OpenImage, pixels: PixelServices & { planes: PlaneCache }, signal: AbortSignal) {
  if (image.data.kind !== "tiled" || image.data.seekEntriesPerTile === 0) return;
  const { grid } = image.data;
  for (let column = 1; column <= grid.tiles[0]; column++) {
    const x0 = Math.min(column * grid.tile[0], image.width) - 1;
    const plan = await preparePlan(image, { x0, y0: 0, width: 1, height: image.height }, pixels, signal);
    for await (const _ of readPixelRows(image, plan, pixels, signal)) signal.throwIfAborted();
  }
  await pixels.planes.saveIndices();
}

function showProgress(stderr: OutputStream, text: string): void {
  if (stderr.isTTY) stderr.write(`\r\u001b[K${text}`);
}
