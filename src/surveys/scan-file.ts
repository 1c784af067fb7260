import { ServiceError } from "../errors.ts";
import { gunzipReader, isGzip } from "../fits/gunzip.ts";
import type { ByteReader } from "../fits/byte-reader.ts";
import { readHdus } from "../fits/hdu.ts";
import type { Hdu } from "../fits/hdu.ts";
import type { Header } from "../fits/header.ts";
import { describeImage } from "../fits/image.ts";
import type { RangeStore } from "../storage/range-source.ts";
import type { ImageRecord, RecordedPlane } from "./image-record.ts";
import type { IngestHabits } from "./ingest-habits.ts";
import { placeOnSky } from "./place-on-sky.ts";
import { findBand } from "./release.ts";
import type { Plane, Release } from "./release.ts";

/** Bytes of an unwrapped .gz file, which is held in memory whole. */
const MAX_UNWRAPPED_BYTES = 512 * 2 ** 20;

export type FilePlace = { readonly root: string; readonly path: string };

/**
 * The image in one FITS file, from its headers alone. "corrupt-data" or "unsupported" for a file that cannot be served,
 * saying why.
 */
export async function scanFile(
  place: FilePlace,
  {
    habits,
    release,
    store,
    signal,
  }: { habits: IngestHabits; release: Release; store: RangeStore; signal: AbortSignal },
): Promise<ImageRecord> {
  const source = await store.open(`${place.root}/${place.path}`, { signal });
  try {
    const { found, names } = await findPlanes(await unwrapped(source, signal), habits, signal);
    const image = found.get("image");
    if (image === undefined) {
      throw new ServiceError("corrupt-data", `Cannot find the image plane: the HDUs are called ${listOf(names)}`);
    }
    const facts = habits.nameImage(place.path.slice(place.path.lastIndexOf("/") + 1), image.header, release);
    const band = facts.band === null ? null : findBand(release, facts.band);
    if (facts.band !== null && band === null) {
      const known = release.bands.map(({ name }) => name).join(" ");
      throw new ServiceError("corrupt-data", `Cannot use band "${facts.band}": ${release.id} has ${known}`);
    }
    const planes: Partial<Record<Plane, RecordedPlane>> = {};
    for (const [plane, { hdu }] of found) {
      planes[plane] = { path: place.path, extname: hdu.name === "" ? null : hdu.name, hduIndex: hdu.index };
    }
    return {
      ...facts,
      ...placeOnSky(image.header),
      release: release.id,
      collection: release.collection,
      wavelengthMinMetres: band?.wavelengthMinMetres ?? null,
      wavelengthMaxMetres: band?.wavelengthMaxMetres ?? null,
      root: place.root,
      planes,
      byteLength: source.byteLength,
      available: true,
    };
  } finally {
    await source.close();
  }
}

async function unwrapped(source: ByteReader, signal: AbortSignal): Promise<ByteReader> {
  const start = await source.read({ start: 0, length: Math.min(3, source.byteLength) }, { signal });
  return isGzip(start) ? gunzipReader(source, { maxBytes: MAX_UNWRAPPED_BYTES, signal }) : source;
}

type FoundPlane = { readonly hdu: Hdu; readonly header: Header };

/** The planes that the file has, the first HDU of each, and the EXTNAMEs of all. */
async function findPlanes(
  reader: ByteReader,
  habits: IngestHabits,
  signal: AbortSignal,
): Promise<{ found: Map<Plane, FoundPlane>; names: string[] }> {
  const found = new Map<Plane, FoundPlane>();
  const names: string[] = [];
  for await (const hdu of readHdus(reader, signal)) {
    names.push(hdu.name);
    const plane = habits.planeOfHdu(hdu.name);
    if (plane === null || found.has(plane)) continue;
    const description = describeImage(hdu);
    if (description !== null) found.set(plane, { hdu, header: description.imageHeader });
  }
  return { found, names };
}

const MAX_LISTED = 6;

function listOf(names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED).map((name) => `"${name}"`);
  return listed.join(", ") + (names.length > MAX_LISTED ? ", …" : "");
}
