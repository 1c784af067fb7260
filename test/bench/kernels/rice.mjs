/**
 * Nanoseconds of processor time per pixel of the Rice decoder, and their ratio to CFITSIO's fits_rdecomp on the same rows in the same run.
 *
 *   node test/bench/kernels/rice.mjs FILE.fits.fz HDU [rows] [rounds]
 *
 * FILE holds a RICE_1 image of 4-byte integers with a tile for each row; HDU counts from 0. Needs cc and libcfitsio-dev.
 * RECORTE_WASM names another build of the decoder.
 */
import { Buffer } from "node:buffer";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  CODEC,
  JOB,
  JOB_BYTES,
  PLANE,
  PLANE_BYTES,
  QUANTISER,
  SEEK_ENTRY_BYTES,
  SEEK_PIXELS,
  STREAM_PADDING,
} from "../../../dist/codec/layout.js";

/** Output rows are used again, so that they stay in the cache as those of a streamed cutout do. */
const OUT_ROWS = 16;

const [file, hdu, rowsWanted = "400", rounds = "15"] = process.argv.slice(2);
const image = readImage(file, Number(hdu), Number(rowsWanted));
const decoder = load(image);
const peer = startPeer(image);

const last = image.width - 1;
const middle = image.width >> 1;
/** Name, what a call decodes, and the pixels that its time is divided by: those that the peer decodes, or the window's. */
const cases = [
  ["int32 big-endian", { bitpix: 32, quantiser: QUANTISER.none, x0: 0, x1: image.width }, image.width],
  ["dither 2 to float32", { bitpix: -32, quantiser: QUANTISER.dither2, x0: 0, x1: image.width }, image.width],
  [
    "one row after another",
    { bitpix: 32, quantiser: QUANTISER.none, x0: 0, x1: image.width, alone: true },
    image.width,
  ],
  ["skip to the last pixel", { bitpix: 32, quantiser: QUANTISER.none, x0: last, x1: last + 1 }, image.width],
  [
    "256 px, indexed, float32",
    { bitpix: -32, quantiser: QUANTISER.dither2, x0: middle, x1: middle + 256, indexed: true },
    256,
  ],
  [
    "64 px, indexed, float32",
    { bitpix: -32, quantiser: QUANTISER.dither2, x0: middle, x1: middle + 64, indexed: true },
    64,
  ],
].map(([name, window, pixels]) => ({
  name,
  run: decoder.prepare(window),
  pixels: pixels * image.rows.length,
  times: [],
}));

const peerTimes = [];
for (let warm = 0; warm < 5; warm++) for (const { run } of cases) run();
for (let round = 0; round < Number(rounds); round++) {
  peerTimes.push(await peer.nanosecondsPerPixel());
  for (const one of cases) {
    const start = process.cpuUsage();
    one.run();
    const { user, system } = process.cpuUsage(start);
    one.times.push(((user + system) * 1000) / one.pixels);
  }
}
peer.stop();
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const format = (value) => value.toFixed(2).padStart(7);
console.log("ns per pixel                    least  median  CFITSIO / this (medians)");
console.log("CFITSIO fits_rdecomp         ", format(Math.min(...peerTimes)), format(median(peerTimes)));
for (const { name, times } of cases) {
  const ratio = median(peerTimes) / median(times);
  console.log(name.padEnd(29), format(Math.min(...times)), format(median(times)), format(ratio));
}

/** The first rows' compressed bytes, ZSCALE and ZZERO. */
function readImage(path, number, count) {
  const input = openSync(path);
  const read = (from, length) => {
    const bytes = Buffer.alloc(length);
    readSync(input, bytes, 0, length, from);
    return bytes;
  };
  for (let at = 0, i = 0; ; i++) {
    const cards = new Map();
    for (let ended = false; !ended; at += 2880) {
      const block = read(at, 2880).toString("latin1");
      for (let card = 0; card < 2880 && !ended; card += 80) {
        ended = block.startsWith("END     ", card);
        cards.set(block.slice(card, card + 8).trim(), Number(block.slice(card + 10, card + 80).split("/")[0]));
      }
    }
    const rowBytes = cards.get("NAXIS1") ?? 0;
    const table = cards.get("NAXIS") ? rowBytes * (cards.get("NAXIS2") ?? 1) : 0;
    if (i === number) {
      const rows = [];
      for (let row = 0; row < Math.min(count, cards.get("NAXIS2")); row++) {
        const fields = read(at + row * rowBytes, rowBytes);
        const stream = read(at + table + fields.readUInt32BE(4), fields.readUInt32BE(0));
        rows.push({ stream, scale: fields.readDoubleBE(8), zero: fields.readDoubleBE(16) });
      }
      return { rows, width: cards.get("ZNAXIS1") };
    }
    at += Math.ceil((table + (cards.get("PCOUNT") ?? 0)) / 2880) * 2880;
  }
}

/** Puts the rows into a decoder's memory; `prepare` returns a function that decodes one window of all of them. */
function load({ rows, width }) {
  const memory = new WebAssembly.Memory({ initial: 2048, maximum: 65536, shared: true });
  const wasm = process.env.RECORTE_WASM ?? new URL("../../../build/recorte.wasm", import.meta.url);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm)), { env: { memory } });
  const bytes = Buffer.from(memory.buffer);
  let next = 128 * 1024;
  const reserve = (length) => {
    const address = next;
    next = (next + length + 63) & ~63;
    return address;
  };
  const writeWords = (address, places, values) => {
    for (const [name, value] of Object.entries(values)) bytes.writeInt32LE(value, address + places[name]);
  };
  const table = reserve(exports.DITHER_TABLE_BYTES.value);
  exports.initDitherTable(table);
  const streams = rows.map(({ stream }) => {
    const address = reserve(stream.length + STREAM_PADDING);
    stream.copy(bytes, address);
    return address;
  });
  const out = reserve(OUT_ROWS * width * 4);
  const prepare = ({ bitpix, quantiser, x0, x1, indexed = false, alone = false }) => {
    const plane = reserve(PLANE_BYTES);
    const coding = {
      codec: CODEC.rice,
      bytePixel: 4,
      blockSize: 32,
      bitpix,
      quantiser,
      ditherSeed: 8123,
      ditherTable: table,
    };
    writeWords(plane, PLANE, coding);
    const jobs = reserve(JOB_BYTES * rows.length);
    rows.forEach(({ stream, scale, zero }, i) => {
      const job = jobs + JOB_BYTES * i;
      writeWords(job, JOB, {
        stream: streams[i],
        streamLength: stream.length,
        tile: i,
        tileWidth: width,
        tileRows: 1,
        tilePixels: width,
        firstPixel: x0,
        rows: 1,
        rowLength: x1 - x0,
        out: out + (i % OUT_ROWS) * width * 4,
        index: indexed ? reserve(Math.ceil(width / SEEK_PIXELS) * SEEK_ENTRY_BYTES) : 0,
        indexStep: SEEK_ENTRY_BYTES,
      });
      bytes.writeDoubleLE(scale, job + JOB.scale);
      bytes.writeDoubleLE(zero, job + JOB.zero);
    });
    const scratchLength = exports.scratchBytes(plane, width, width);
    const scratch = reserve(scratchLength);
    return () => {
      // Without an index, the cursors of the run before must not help.
      for (let i = 0; i < rows.length && !indexed; i++)
        bytes.fill(0, jobs + JOB_BYTES * i + JOB.cursorPixel, jobs + JOB_BYTES * i + JOB.scale);
      const step = alone ? 1 : rows.length;
      for (let i = 0; i < rows.length; i += step) {
        const done = exports.decodeTiles(plane, jobs + JOB_BYTES * i, step, scratch, scratchLength);
        if (done !== step)
          throw new Error(`row ${i + done}: status ${bytes.readInt32LE(jobs + JOB_BYTES * (i + done) + JOB.status)}`);
      }
    };
  };
  return { prepare };
}

function startPeer({ rows, width }) {
  const folder = mkdtempSync(join(tmpdir(), "rice-"));
  const program = join(folder, "rice-peer");
  execFileSync("cc", ["-O2", new URL("rice-peer.c", import.meta.url).pathname, "-o", program, "-lcfitsio"]);
  const words = (...values) => Buffer.from(Uint32Array.of(...values).buffer);
  const parts = rows.flatMap(({ stream }) => [words(stream.length), stream]);
  writeFileSync(join(folder, "rows"), Buffer.concat([words(rows.length, width), ...parts]));
  const child = spawn(program, [join(folder, "rows")], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async nanosecondsPerPixel() {
      child.stdin.write("\n");
      return parseFloat((await lines.next()).value);
    },
    stop() {
      child.stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
}
