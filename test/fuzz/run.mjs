// npm run fuzz [-- --seconds N] [--seed N] [--case N] [FILE…]
// Breaks real files at random (those of the tests and the sample, or FILEs) and reads them, for 60 seconds from a seed of
// the clock; a case of a seed is always the same. FUZZ_SECONDS, FUZZ_SEED and FUZZ_CASE say the same in the environment.
// FUZZ_BUILD=debug takes the decoders with assertions, FUZZ_KEEP=FOLDER keeps the broken files, FUZZ_FAILURES=N goes on
// to the Nth failure. Behind the files come requests, lists and the whole service over sockets, of the same seed, for four
// fifths of that time again. Watches over the process that reads: one that hangs is ended, and the file it hung on is named.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** No case takes so long: beyond it, one hangs. */
const HANG_SECONDS = 60;

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string" }, seed: { type: "string" }, case: { type: "string" } },
  allowPositionals: true,
});
const { env } = process;
const seed = values.seed ?? env.FUZZ_SEED ?? String(Date.now() % 1_000_000_000);
const only = values.case ?? env.FUZZ_CASE;
const folder = mkdtempSync(join(tmpdir(), "recorte-fuzz-"));
const progress = join(folder, "case.txt");
console.log(`FUZZ_SEED=${seed}`);

const program = join(ROOT, "node_modules/vitest/vitest.mjs");
const child = spawn(process.execPath, [program, "run", "--config", "test/fuzz/vitest.config.ts"], {
  cwd: ROOT,
  stdio: "inherit",
  detached: true, // a group of its own, so that its workers can be ended with it
  env: {
    ...env,
    FUZZ_SEED: seed,
    FUZZ_SECONDS: values.seconds ?? env.FUZZ_SECONDS ?? "60",
    FUZZ_PROGRESS: progress,
    ...(only === undefined ? {} : { FUZZ_CASE: only }),
    ...(positionals.length === 0 ? {} : { FUZZ_PATHS: positionals.map((path) => resolve(path)).join("\n") }),
  },
});
let hung = false;
const watch = setInterval(() => {
  const at = statSync(progress, { throwIfNoEntry: false })?.mtimeMs;
  if (at === undefined || Date.now() - at < HANG_SECONDS * 1000) return;
  hung = true;
  stop();
}, 1000);
const stop = () => {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
};
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

child.on("exit", (code, signal) => {
  clearInterval(watch);
  if (hung || code !== 0) {
    console.error(
      `${hung ? `Nothing moved for ${HANG_SECONDS} seconds` : `Stopped with ${signal ?? code}`}; the last case:`,
    );
    console.error(readText(progress));
  }
  rmSync(folder, { recursive: true });
  process.exitCode = hung || code !== 0 ? 1 : 0;
});

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "(none was begun)";
  }
}
