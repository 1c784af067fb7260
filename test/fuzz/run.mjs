// `npm run fuzz`: breaks real files and reads them, for FUZZ_SECONDS (60) from FUZZ_SEED (of the clock). Watches over
// the process that does it: one that hangs is ended, and the file it hung on is named. FUZZ_CASE repeats one case.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** No case takes so long: beyond it, one hangs. */
const HANG_SECONDS = 60;

const seed = process.env.FUZZ_SEED ?? String(Date.now() % 1_000_000_000);
const folder = mkdtempSync(join(tmpdir(), "recorte-fuzz-"));
const progress = join(folder, "case.txt");
console.log(`FUZZ_SEED=${seed}`);

const program = join(ROOT, "node_modules/vitest/vitest.mjs");
const child = spawn(process.execPath, [program, "run", "--config", "test/fuzz/vitest.config.ts"], {
  cwd: ROOT,
  stdio: "inherit",
  detached: true, // a group of its own, so that its workers can be ended with it
  env: { ...process.env, FUZZ_SEED: seed, FUZZ_PROGRESS: progress },
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
