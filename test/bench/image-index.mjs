// node test/bench/image-index.mjs [IMAGES]     needs dist/ (npm run build:ts)
// The image index with a million footprints: images that meet a circle of 1′, with the exact test and whole Datasets.
// Peer, in turn with ours: the plainest search there is, the distance to every centre in one array in memory.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { migrateIndex, openIndexDatabase } from "../../dist/db/index-database.js";
import { DES_DR2 } from "../../dist/surveys/des/releases.js";
import { imagesOfTile } from "../../dist/surveys/des/tile-images.js";
import { createImageIndex } from "../../dist/surveys/image-index.js";
import { createImageWriter } from "../../dist/surveys/image-writer.js";
import { toUnitVector } from "../../dist/sky/unit-vector.js";

const QUERIES = 1500;
const WARM_UPS = 100;
const ARCMINUTE = 1 / 60;
const NEVER = new globalThis.AbortController().signal;

/** @returns {Promise<{ name: string; value: number; unit: string; note?: string }[]>} */
export async function benchImageIndex({ images = 1_000_000 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "recorte-bench-index-"));
  const database = openIndexDatabase(join(folder, "index.sqlite"));
  try {
    migrateIndex(database);
    const centers = randomDirections(images / DES_DR2.bands.length, 1);
    const built = performance.now();
    fill(database, centers);
    const writeSeconds = (performance.now() - built) / 1000;
    database.sqlite.pragma("wal_checkpoint(TRUNCATE)");
    const bytes = statSync(database.sqlite.name).size;
    const about = `${images} images of DES's size, five bands a place, all over the sky`;
    return [
      { name: "write", value: (writeSeconds / images) * 1e6, unit: "µs an image", note: about },
      { name: "size", value: bytes / images, unit: "bytes an image" },
      ...(await time(database, centers, { name: "1′, five bands", query: {} })),
      ...(await time(database, centers, { name: "1′, one band", query: { bands: ["g"] } })),
      ...(await time(database, centers, {
        name: "10′, one band, best one",
        query: { bands: ["g"], limit: 1 },
        radius: 10,
      })),
    ];
  } finally {
    database.close();
    rmSync(folder, { recursive: true });
  }
}

async function time(database, centers, { name, query, radius = 1 }) {
  const index = createImageIndex(database, "example.org");
  const vectors = Float64Array.from(centers.flatMap((center) => [...toUnitVector(center)]));
  const [ours, peers] = [[], []];
  let found = 0;
  const places = randomDirections(QUERIES + WARM_UPS, 2);
  for (const [i, center] of places.entries()) {
    const stencil = { shape: "circle", center, radiusDegrees: radius * ARCMINUTE };
    const start = performance.now();
    const datasets = await index.find({ release: "des_dr2", stencil, ...query }, NEVER);
    const middle = performance.now();
    const near = scanCenters(vectors, center, 0.52 + radius * ARCMINUTE);
    const end = performance.now();
    if (near === 0 && datasets.length > 0) throw new Error("the index finds what the scan does not");
    if (i < WARM_UPS) continue;
    found += datasets.length;
    ours.push(middle - start);
    peers.push(end - middle);
  }
  const [p50, p99, peer] = [quantile(ours, 0.5), quantile(ours, 0.99), quantile(peers, 0.5)];
  return [
    { name: `${name}: p50`, value: p50, unit: "ms", note: `${(found / QUERIES).toFixed(1)} datasets a query` },
    { name: `${name}: p99`, value: p99, unit: "ms" },
    { name: `${name}: scan of all centres ÷ ours, p50`, value: peer / p50, unit: "×" },
  ];
}

function scanCenters(vectors, center, radiusDegrees) {
  const [x, y, z] = toUnitVector(center);
  const least = Math.cos((radiusDegrees * Math.PI) / 180);
  let count = 0;
  for (let i = 0; i < vectors.length; i += 3) {
    if (vectors[i] * x + vectors[i + 1] * y + vectors[i + 2] * z >= least) count += 1;
  }
  return count;
}

function fill(database, centers) {
  const writer = createImageWriter(database);
  for (let start = 0; start < centers.length; start += 100) {
    writer.write(centers.slice(start, start + 100).flatMap((center, i) => recordsAt(center, start + i)));
  }
}

function recordsAt(center, number) {
  const name = `SIM${String(number).padStart(7, "0")}`;
  const tile = { name, center, run: "r4920", attempt: "p01", archivePath: `Y6A1/r4920/${name}/p01/coadd` };
  return imagesOfTile(tile, DES_DR2).map(({ facts, paths: [path], extnames }) => {
    const planes = Object.entries(extnames).map(([plane, extname]) => [plane, { path, extname, hduIndex: null }]);
    return { ...facts, root: "/archive", planes: Object.fromEntries(planes), byteLength: null, available: true };
  });
}

/** Evenly over the sphere, the same for the same seed (mulberry32). */
function randomDirections(count, seed) {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: count }, () => ({
    raDegrees: random() * 360,
    decDegrees: (Math.asin(2 * random() - 1) * 180) / Math.PI,
  }));
}

function quantile(values, part) {
  return values.sort((a, b) => a - b)[Math.floor(part * (values.length - 1))];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const images = Number(process.argv[2] ?? 1_000_000);
  for (const { name, value, unit, note } of await benchImageIndex({ images })) {
    console.log(
      `${name.padEnd(52)}${value.toPrecision(3).padStart(9)} ${unit}${note === undefined ? "" : `  (${note})`}`,
    );
  }
}
