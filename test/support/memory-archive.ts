import { ServiceError } from "../../src/errors.ts";
import type { RangeStore } from "../../src/storage/range-source.ts";
import type { ArchiveFiles } from "../../src/surveys/archive-files.ts";

const NO_FILES: RangeStore = {
  open: (location) => Promise.reject(new ServiceError("missing-file", `Cannot open ${location}: it is not there`)),
};

/** An archive of text files: their paths and contents. */
export function memoryArchive(texts: Readonly<Record<string, string>>, store: RangeStore = NO_FILES): ArchiveFiles {
  return {
    store,
    stat: (path) => {
      const text = texts[path];
      const isFolder = text === undefined && Object.keys(texts).some((name) => name.startsWith(`${path}/`));
      return Promise.resolve(text === undefined && !isFolder ? null : { byteLength: text?.length ?? 0, isFolder });
    },
    async *list(folder) {
      for (const path of Object.keys(texts).sort())
        if (path.startsWith(`${folder}/`)) yield await Promise.resolve(path);
    },
    async *lines(path) {
      yield* await Promise.resolve((texts[path] ?? "").split("\n").slice(0, texts[path] === "" ? 0 : undefined));
    },
  };
}
