import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export type CorpusFile = { readonly name: string; readonly bytes: Uint8Array };

const ROOT = join(import.meta.dirname, "../..");
const FOLDERS = ["test/fixtures/fits", "test/fixtures/pixels", "sample/des", "sample/sim"];

/** Real files of every codec, and plain ones, in an order that does not change: those whose path has `part`. */
export function readCorpus(part = ""): CorpusFile[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => /\.(fits|fz|gz)$/.test(name) && `${folder}/${name}`.includes(part))
      .sort()
      .map((name) => readCorpusFile(`${folder}/${name}`)),
  );
}

/** Of the path from the top folder, or an absolute one. */
export function readCorpusFile(path: string): CorpusFile {
  return { name: path, bytes: new Uint8Array(readFileSync(resolve(ROOT, path))) };
}
