// Compiles the C programs of the benches and talks to the peer process.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";

/** Reading a whole image takes CFITSIO some seconds. */
const ANSWER_MILLISECONDS = 120_000;

const BENCH = new URL("..", import.meta.url);
const BUILT = new URL("../../build/bench/", BENCH);

/** Compiles `source`, a path from test/bench; the program. */
export function compileC(source, libraries) {
  const program = fileURLToPath(new URL(source.replace(/^.*\/|\.c$/g, ""), BUILT));
  mkdirSync(BUILT, { recursive: true });
  const args = ["-O2", "-o", program, fileURLToPath(new URL(source, BENCH)), ...libraries.map((name) => `-l${name}`)];
  const { error, status, stderr } = spawnSync("cc", args, { encoding: "utf8" });
  if (error === undefined && status === 0) return program;
  process.stderr.write(stderr ?? "");
  throw new Error(
    `Cannot compile test/bench/${source}: it needs a C compiler and the headers of CFITSIO and zlib` +
      " (Debian: apt-get install build-essential libcfitsio-dev zlib1g-dev)",
  );
}

/** Starts the peer. `ask` sends a request line and resolves with the answer line; one at a time. */
export function startPeer() {
  const child = spawn(compileC("cfitsio-peer/peer.c", ["cfitsio", "z", "m"]), { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { resolve, reject } = waiting.shift();
    if (line.startsWith("error")) reject(new Error(line));
    else resolve(line);
  });
  child.on("exit", (code, signal) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`The peer ended: ${signal ?? code}`));
  });

  function ask(...words) {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => child.kill(), ANSWER_MILLISECONDS);
      const inTime = (settle) => (value) => {
        clearTimeout(late);
        settle(value);
      };
      waiting.push({ resolve: inTime(resolve), reject: inTime(reject) });
      child.stdin.write(words.join(" ") + "\n");
    });
  }

  const windowWords = (file, hdu, w) => [hdu, w.x0, w.y0, w.width, w.height, file];
  return {
    version: () => ask("versions"),
    /** From here on times are those of the processor, not of the wall. */
    countCpu: () => ask("cpu"),
    /** Nanoseconds of a window; the file stays open. */
    readKept: async (file, hdu, window) => Number(await ask("keep", ...windowWords(file, hdu, window))),
    /** Nanoseconds of a window; the file is opened and closed in them. */
    readOpening: async (file, hdu, window) => Number(await ask("open", ...windowWords(file, hdu, window))),
    /** CRC-32 of the big-endian pixels of a window. */
    checksum: async (file, hdu, window) => Number(await ask("check", ...windowWords(file, hdu, window))),
    /** Nanoseconds to decode the integers of `rows` whole tiles, whose bytes were read before. */
    decodeRice: async (file, hdu, row0, rows) => Number((await ask("rice", hdu, row0, rows, file)).split(" ")[0]),
    close: () => child.stdin.end(),
  };
}
