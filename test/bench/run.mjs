// npm run bench [-- --only TEXT] [--quick] [--cpu]
// Compares windows of images with CFITSIO, pixels first, then times; writes baseline.md when everything was run.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CASES } from "./cases.mjs";
import { startPeer } from "./cfitsio-peer/peer.mjs";
import { compare, formatTable, nanosecondsOf, randomWindows } from "./harness.mjs";

const { values: options } = parseArgs({
  options: { only: { type: "string" }, quick: { type: "boolean" }, cpu: { type: "boolean" } },
});
const folder = resolve(process.env.RECORTE_BENCH_DATA || "data/bench");
const BASELINE = new URL("baseline.md", import.meta.url);

try {
  await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  const files = new Set(CASES.flatMap(({ file, peer = "" }) => (peer.includes(".") ? [file, peer] : [file])));
  const missing = [...files].filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) {
    throw new Error(
      `${folder} lacks ${missing.join(", ")}: make them with \`npm run bench:data\` (1.6 GB, some minutes)`,
    );
  }
  const { openReader } = await import("./ours.mjs"); // after the checks above: it needs dist/ and build/
  const peer = startPeer();
  const results = [];
  let about;
  try {
    if (options.cpu) await peer.countCpu();
    for (const one of CASES.filter(({ name }) => name.includes(options.only ?? ""))) {
      results.push(await runCase(one, peer, openReader));
      console.log(formatTable(results.slice(-1)).split("\n").at(-1));
    }
    about = describeRun(await peer.version());
  } finally {
    peer.close(); // else a failed case leaves a process that waits for ever
  }
  const table = formatTable(results);
  console.log(`\n${about}\n${table}`);
  if (options.only === undefined && !options.quick && !options.cpu)
    writeFileSync(BASELINE, baseline(about, table) + otherMeasurements());
  const failed = results.filter(({ ratio, atLeast }) => atLeast !== undefined && ratio < atLeast);
  if (failed.length > 0) throw new Error(`${failed.length} of ${results.length} cases are below what they must reach`);
}

async function runCase(
  { name, file, hdu = 1, size, memory, threads = 0, peer: mode = "keep", atLeast, aim },
  peer,
  open,
) {
  const path = join(folder, file);
  const reader = await open({ folder, file: path, hdu, memory, threads });
  const requests = requestsOf(size, reader.side);
  for (const window of requests.slice(0, 2)) {
    const [ours, theirs] = [await reader.checksum(window), await peer.checksum(path, hdu, window)];
    if (ours !== theirs) throw new Error(`${name}: the pixels of ${JSON.stringify(window)} are not those of CFITSIO`);
  }
  const small = mode.includes(".") ? await open({ folder, file: join(folder, mode), hdu, memory, threads }) : undefined;
  const ask = {
    // Other windows, but of the same size, and as evenly spread.
    [mode]: ({ x0, y0, width, height }) => {
      const window = { x0: x0 % (small.side - width + 1), y0: y0 % (small.side - height + 1), width, height };
      return nanosecondsOf(() => small.read(window), options.cpu ? "cpu" : "wall");
    },
    keep: (window) => peer.readKept(path, hdu, window),
    open: (window) => peer.readOpening(path, hdu, window),
    rice: (window) => peer.decodeRice(path, hdu, window.y0, window.height),
  };
  // A server that has been up for a second: small calls want some hundreds before all of their code is compiled.
  const side = requests[0].height;
  const warmUps = options.quick ? 2 : side > 1024 ? 4 : side > 256 ? 30 : 300;
  const result = await compare({
    name,
    ours: reader.read,
    peer: ask[mode],
    requests,
    warmUps,
    turn: side > 1024 ? 1 : 8,
    atLeast,
    aim,
    clock: options.cpu ? "cpu" : "wall",
  });
  await reader.close();
  await small?.close();
  return result;
}

/** Fewer of the large windows: they vary less, and take longer. */
function requestsOf(size, side) {
  if (Array.isArray(size)) {
    const [width, height] = [Math.min(side, size[0]), size[1]];
    const tops = randomWindows({ count: options.quick ? 3 : 15, size: height, side, seed: height });
    return tops.map(({ y0 }) => ({ x0: 0, y0, width, height }));
  }
  const count = options.quick ? 5 : size <= 64 ? 60 : size <= 256 ? 40 : size <= 1024 ? 20 : 8;
  return randomWindows({ count, size, side, seed: size });
}

function describeRun(peerVersion) {
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}, ${peerVersion}, page cache warm`;
}

/** What baseline.md says of everything but windows, which is measured apart: kept as it is. */
function otherMeasurements() {
  if (!existsSync(BASELINE)) return "";
  const text = readFileSync(BASELINE, "utf8");
  const start = text.indexOf("\n## ");
  return start === -1 ? "" : text.slice(start);
}

function baseline(about, table) {
  return `# Windows of images: recorte and CFITSIO

Written by \`npm run bench\`. ${about}.

Each case reads the same random windows with both, in turn, in one run; before that, their pixels are compared. Times are
medians in milliseconds (10th–90th percentile); the ratio is that of the medians, peer by ours. "At least" fails the run;
"aim" is hoped for. Decoding is on one thread where nothing else is said.

*First touch*: file and header open, every tile decoded from its start. *Indexed*: the seek index of the plane is in
memory. *Hot*: the plane's compressed bytes are, too. CFITSIO keeps its file open in all of them ("opened each time"
apart); it keeps the last tile of each column of tiles, too, except where a tile is a whole row. "1000² tile by DES tile"
compares recorte with itself: the time of a window of a small image by that of a large one.

${table}
`;
}
