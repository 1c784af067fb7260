/**
 * Nanoseconds of processor time per pixel of the GZIP, PLIO and HCOMPRESS decoders, and their ratio to a peer on the same
 * tiles in the same run: node:zlib for GZIP_1 and GZIP_2, CFITSIO for PLIO_1 and HCOMPRESS_1.
 *
 *   node test/bench/kernels-gzip-plio-hcompress/streams.mjs FILE.fits.fz HDU [rounds]
 *
 * HDU counts from 0. Only whole tiles are timed. Needs cc and libcfitsio-dev for the last two. RECORTE_WASM names another
 * build of the decoder.
 */
import { Buffer } from "node:buffer";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";

const STREAM_PADDING = 64;

const [file, hdu, rounds = "15"] = process.argv.slice(2);
const image = readImage(readFileSync(file), Number(hdu));
const cases = prepare(image);
const peer = image.codec.startsWith("GZIP") ? zlibPeer(image) : cfitsioPeer(image);

const peerTimes = [];
for (let warm = 0; warm < 5; warm++) for (const { run } of cases) run();
for (let round = 0; round < Number(rounds); round++) {
  peerTimes.push(await peer.nanosecondsPerPixel());
  for (const one of cases) one.times.push(nanoseconds(one.run) / (image.tiles.length * image.pixels));
}
peer.close();

const best = Math.min(...peerTimes);
console.log(
  `${image.codec}, ${image.tiles.length} tiles of ${image.width} × ${image.height}, ns/px of a whole tile (minima)`,
);
console.log(`  ${peer.name}: ${best.toFixed(3)}`);
for (const { name, times } of cases) {
  const ours = Math.min(...times);
  console.log(`  ${name}: ${ours.toFixed(3)}, ${(best / ours).toFixed(2)} times as fast`);
}

function nanoseconds(run) {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) * 1000;
}

/** The whole tiles of one compressed image, in file order. */
function readImage(bytes, wanted) {
  let at = 0;
  for (let index = 0; ; index++) {
    const cards = new Map();
    for (let end = false; !end; at += 2880) {
      for (let card = at; card < at + 2880; card += 80) {
        const text = bytes.toString("latin1", card, card + 80);
        end ||= text.startsWith("END     ");
        if (text[8] === "=")
          cards.set(text.slice(0, 8).trim(), text.slice(10).split(" /")[0].replaceAll("'", "").trim());
      }
    }
    const number = (key, missing = 0) => Number(cards.get(key) ?? missing);
    const rowBytes = number("NAXIS1");
    const rows = number("NAXIS2");
    if (index === wanted) {
      const heap = at + number("THEAP", rowBytes * rows);
      const [width, height] = [number("ZTILE1", number("ZNAXIS1")), number("ZTILE2", 1)];
      const wordBytes = /^1[PQ]I/.test(cards.get("TFORM1")) ? 2 : 1;
      const across = Math.ceil(number("ZNAXIS1") / width);
      const tiles = [];
      for (let row = 0; row < rows; row++) {
        const whole =
          ((row % across) + 1) * width <= number("ZNAXIS1") &&
          (Math.floor(row / across) + 1) * height <= number("ZNAXIS2");
        const length = bytes.readInt32BE(at + row * rowBytes) * wordBytes;
        const start = heap + bytes.readInt32BE(at + row * rowBytes + 4);
        if (whole && length > 0) tiles.push(bytes.subarray(start, start + length));
      }
      const smooth = cards.get("ZNAME2") === "SMOOTH" ? number("ZVAL2") : 0;
      return {
        codec: cards.get("ZCMPTYPE"),
        bitpix: number("ZBITPIX"),
        width,
        height,
        pixels: width * height,
        smooth,
        tiles,
      };
    }
    const data =
      (Math.abs(number("BITPIX")) / 8) * (number("NAXIS") && rowBytes * Math.max(rows, 1)) + number("PCOUNT");
    at += Math.ceil(data / 2880) * 2880;
  }
}

function prepare(image) {
  const wasm = process.env.RECORTE_WASM ?? new URL("../../../build/recorte.wasm", import.meta.url);
  const memory = new WebAssembly.Memory({ initial: 16384, maximum: 65536, shared: true }); // 1 GiB
  const decoder = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm)), { env: { memory } }).exports;
  const all = new Uint8Array(memory.buffer);
  let next = (decoder.heapBase() + 4095) & ~4095;
  const tiles = image.tiles.map((stream) => {
    const at = next;
    all.set(stream, at);
    next = (at + stream.length + STREAM_PADDING + 15) & ~15;
    return { at, length: stream.length };
  });
  const out = next;
  const scratch = (out + 8 * image.pixels + 63) & ~63;
  const each = (decode) => () => {
    for (const tile of tiles) if (decode(tile) < 0) throw new Error("A tile does not decode");
  };
  const named = (name, decode) => ({ name, run: each(decode), times: [] });
  if (image.codec.startsWith("GZIP")) {
    const bytes = gunzipSync(image.tiles[0]).length;
    return [
      named("inflateGzip", ({ at, length }) => decoder.inflateGzip(at, length, out, bytes, scratch)),
      named("inflateGzip, half of each tile", ({ at, length }) =>
        decoder.inflateGzip(at, length, out, bytes >> 1, scratch),
      ),
    ];
  }
  if (image.codec === "PLIO_1") {
    const middle = image.pixels >> 1;
    const range = ({ at, length }) =>
      -decoder.decodePlioRange(at, length >> 1, out, middle, Math.min(middle + 256, image.pixels));
    return [
      named("decodePlio", ({ at, length }) => -decoder.decodePlio(at, length >> 1, out, image.pixels)),
      named("decodePlioRange, 256 px in the middle of each tile", range),
    ];
  }
  const room = decoder.hcompressScratchBytes(image.width, image.height) >>> 0;
  const { width, height, smooth } = image;
  const decode = ({ at, length }) => -decoder.decodeHcompress(at, length, out, width, height, smooth, scratch, room);
  return [named("decodeHcompress", decode)];
}

function zlibPeer(image) {
  const chunkSize = gunzipSync(image.tiles[0]).length + 64;
  const run = () => image.tiles.forEach((tile) => gunzipSync(tile, { chunkSize }));
  return {
    name: "node:zlib",
    nanosecondsPerPixel: async () => nanoseconds(run) / (image.tiles.length * image.pixels),
    close: () => undefined,
  };
}

function cfitsioPeer(image) {
  const folder = mkdtempSync(join(tmpdir(), "recorte-bench-"));
  const program = join(folder, "peer");
  execFileSync("cc", ["-O2", new URL("streams-peer.c", import.meta.url).pathname, "-o", program, "-lcfitsio"]);
  const kind = image.codec === "PLIO_1" ? 1 : image.bitpix === 8 || image.bitpix === 16 ? 3 : 2;
  const words = (...values) => Buffer.from(Uint32Array.from(values).buffer);
  const tiles = image.tiles.flatMap((tile) => [words(tile.length), tile]);
  const input = join(folder, "tiles");
  writeFileSync(input, Buffer.concat([words(image.tiles.length, image.pixels, kind, image.smooth), ...tiles]));
  const child = spawn(program, [input], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    name: "CFITSIO",
    nanosecondsPerPixel: async () => {
      child.stdin.write("\n");
      const { value, done } = await lines.next();
      if (done) throw new Error("CFITSIO does not decode these tiles");
      return parseFloat(value);
    },
    close: () => {
      child.stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
}
