// npm run fuzz [-- --seconds N] [--seed N] [FILE...]
// Changes bytes of FITS files at random and reads them whole: list, check, open, WCS, plan, pixels. Each must end soon, and
// well or with a ServiceError. A finding is printed with its seed, and its file is kept in build/fuzz/.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { randomNumbers } from "../bench/harness.mjs";
import { mutate } from "./mutate.mjs";
import { readEverything } from "./read-everything.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FINDINGS = join(ROOT, "build/fuzz");
const MOST_MILLISECONDS = 10_000;
const MOST_FILE_BYTES = 400_000; // larger ones say no more, more slowly

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string" } },
  allowPositionals: true,
});
const files = positionals.length > 0 ? positionals : fixtures();
const only = values.seed === undefined ? null : Number(values.seed);
const end = Date.now() + Number(values.seconds) * 1000;
let seed = only ?? Date.now() % 2 ** 31;
let tried = 0;
const outcomes = new Map();

do {
  const below = randomNumbers(seed);
  const file = files[below(files.length)];
  const bytes = mutate(readFileSync(file), below);
  const start = Date.now();
  const outcome = await readEverything(bytes, below);
  const milliseconds = Date.now() - start;
  outcomes.set(outcome.code, (outcomes.get(outcome.code) ?? 0) + 1);
  if (outcome.fault !== undefined || milliseconds > MOST_MILLISECONDS) report(file, bytes, outcome, milliseconds);
  tried++;
  seed = (seed + 1) % 2 ** 31;
} while (only === null && Date.now() < end);

console.log(`${tried} files read: ${[...outcomes].map(([code, count]) => `${code} ${count}`).join(", ")}`);

function fixtures() {
  const folders = ["test/fixtures", "sample"].map((name) => join(ROOT, name));
  const found = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(fits|fz|gz)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return found.filter((file) => readFileSync(file).length <= MOST_FILE_BYTES).sort();
}

function report(file, bytes, { fault }, milliseconds) {
  mkdirSync(FINDINGS, { recursive: true });
  writeFileSync(join(FINDINGS, `${seed}.fits`), bytes);
  console.error(`seed ${seed}, ${file.replace(ROOT, "")}, ${milliseconds} ms: ${fault?.stack ?? "too slow"}`);
  process.exitCode = 1;
}
