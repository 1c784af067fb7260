import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCorpus, readCorpusFile } from "./corpus.ts";
import { createExaminer } from "./examine.ts";
import { mutate } from "./mutate.ts";
import { createRandom } from "./random.ts";

const {
  FUZZ_BUILD,
  FUZZ_SEED = "1",
  FUZZ_SECONDS = "60",
  FUZZ_CASE,
  FUZZ_PATHS,
  FUZZ_KEEP,
  FUZZ_PROGRESS,
  FUZZ_FAILURES = "1",
} = process.env;

test("a broken file gives pixels or an error that says what is wrong with it", async () => {
  const corpus = FUZZ_PATHS === undefined ? readCorpus() : FUZZ_PATHS.split("\n").map(readCorpusFile);
  expect(corpus.length).toBeGreaterThan(0);
  const debugBuild = new URL("../../build/recorte.debug.wasm", import.meta.url);
  const module = FUZZ_BUILD === "debug" ? await WebAssembly.compile(readFileSync(debugBuild)) : undefined;
  const examiner = await createExaminer(module);
  const end = performance.now() + 1000 * Number(FUZZ_SECONDS);
  const failures: string[] = [];
  const first = FUZZ_CASE === undefined ? 0 : Number(FUZZ_CASE);
  let number = first;
  for (; number === first || (FUZZ_CASE === undefined && performance.now() < end); number++) {
    const random = createRandom(Number(FUZZ_SEED), number);
    const file = random.pick(corpus);
    const mutant = mutate(file.bytes, random);
    const repeat = `npm run fuzz -- --seed ${FUZZ_SEED} --case ${number} ${FUZZ_PATHS?.replaceAll("\n", " ") ?? ""}`;
    const story = `${file.name}: ${mutant.what}\n  repeat: ${repeat}`;
    if (FUZZ_PROGRESS !== undefined) writeFileSync(FUZZ_PROGRESS, story);
    if (FUZZ_KEEP !== undefined) writeFileSync(join(FUZZ_KEEP, `case-${number}.fits`), mutant.bytes);
    try {
      await examiner.examine(file.name, mutant.bytes, random);
    } catch (error) {
      failures.push(`${story}\n  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      console.error(failures.at(-1));
      if (failures.length >= Number(FUZZ_FAILURES)) break;
    }
  }
  const { images, pixels, errors } = examiner.counts;
  const codes = [...errors].map(([code, count]) => `${code} ${count}`).join(", ");
  console.log(`${number - first} broken files, ${images} images opened, ${pixels} pixels read; errors: ${codes}`);
  expect(failures).toEqual([]);
});
