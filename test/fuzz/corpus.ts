import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type CorpusFile = { readonly name: string; readonly bytes: Uint8Array };

const ROOT = join(import.meta.dirname, "../..");
const FOLDERS = ["test/fixtures/fits", "test/fixtures/pixels", "sample/des", "sample/sim"];

/** Real files of every codec, and plain ones, in an order that does not change; `FUZZ_FILES` picks those whose name has it. */
export function readCorpus(part = ""): CorpusFile[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => /\.(fits|fz|gz)$/.test(name) && `${folder}/${name}`.includes(part))
      .sort()
      .map((name) => ({ name: `${folder}/${name}`, bytes: new Uint8Array(readFileSync(join(ROOT, folder, name))) })),
  );
}
