import { ServiceError } from "../errors.ts";
import { formatHexadecimal } from "./hexadecimal.ts";
import type { RangeStore } from "./range-source.ts";
import { openRemote } from "./remote-source.ts";
import { createTransport, type RemoteFile, type TransportOptions } from "./remote-transport.ts";

export type HttpStoreOptions = TransportOptions & {
  /** Headers, credentials for one, by the origin they are meant for: `https://data.example.org`. */
  readonly headers?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
};

/** Files behind any HTTP server that serves byte ranges and tells versions apart. */
export function httpStore(options: HttpStoreOptions = {}): RangeStore {
  const transport = createTransport(options);
  return {
    async open(location, { signal } = {}) {
      return openRemote(transport, await parseUrl(location, options.headers ?? {}), signal);
    },
  };
}

async function parseUrl(location: string, headers: NonNullable<HttpStoreOptions["headers"]>): Promise<RemoteFile> {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new ServiceError("missing-file", "Cannot open a remote file: it needs an http: or https: URL");
  }
  const path = url.origin + url.pathname;
  if (url.username !== "" || url.password !== "") {
    throw new ServiceError(
      "unsupported",
      `Cannot open ${path}: credentials belong in the configuration, not in the URL`,
    );
  }
  const own = Object.hasOwn(headers, url.origin) ? (headers[url.origin] ?? {}) : {};
  return { key: path + (await nameQuery(url.search)), url, authorize: () => own, followRedirects: true };
}

/** A query may be a signature as well as the name of the file: it is told apart, not shown. */
async function nameQuery(search: string): Promise<string> {
  if (search === "") return "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(search)));
  return `?sha256=${formatHexadecimal(digest.subarray(0, 8))}`;
}
