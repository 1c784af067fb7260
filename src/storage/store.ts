import { ServiceError } from "../errors.ts";
import { localStore } from "./local.ts";
import type { RangeStore } from "./range-source.ts";
import type { ReadTally } from "./read-tally.ts";

export type StoreOptions = {
  /** Folders of the local disk whose files may be read. */
  readonly roots: readonly string[] | (() => readonly string[]);
  readonly maxOpenFiles?: number | undefined;
  /** Counts what is read of the local disk. */
  readonly tally?: ReadTally | undefined;
  /** Without one of these, its locations are refused. */
  readonly http?: RangeStore | undefined;
  readonly s3?: RangeStore | undefined;
};

export type Store = RangeStore & { close(): Promise<void> };

/** One store for every place a file may lie: an absolute path, `file:`, `http:`, `https:` or `s3://bucket/key`. */
export function createStore(options: StoreOptions): Store {
  const local = localStore(options);
  const byScheme: Record<string, RangeStore | undefined> = {
    file: local,
    http: options.http,
    https: options.http,
    s3: options.s3,
  };
  return {
    isCurrent: (source) => local.isCurrent(source),
    async open(location, openOptions) {
      const scheme = location.startsWith("/") ? "file" : schemeOf(location);
      const store = scheme !== undefined && Object.hasOwn(byScheme, scheme) ? byScheme[scheme] : undefined;
      if (store === undefined) {
        // A location may carry credentials: only its scheme is quoted.
        throw new ServiceError(
          "unsupported",
          `Cannot open a location of scheme "${scheme ?? "none"}": it needs an absolute path, or a scheme that is configured`,
        );
      }
      return store.open(location, openOptions);
    },
    close: () => local.close(),
  };
}

function schemeOf(location: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):/i.exec(location)?.[1]?.toLowerCase();
}
