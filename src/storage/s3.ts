import { AwsV4Signer } from "aws4fetch";

import { ServiceError } from "../errors.ts";
import type { RangeStore } from "./range-source.ts";
import { openRemote } from "./remote-source.ts";
import { createTransport, type RemoteFile, type TransportOptions } from "./remote-transport.ts";

export type S3StoreOptions = TransportOptions & {
  /** `https://s3.us-east-1.amazonaws.com`, `https://objects.example.org:9000`. */
  readonly endpoint: string;
  /** Default us-east-1, which stores without regions accept too. */
  readonly region?: string | undefined;
  /** Without keys the requests are not signed: public buckets only. */
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  /** The bucket goes into the path, and not in front of the host. Default true. */
  readonly pathStyle?: boolean | undefined;
};

/** Objects of one S3 endpoint, as `s3://bucket/key`. The key is taken as it is: no percent escapes. */
export function s3Store(options: S3StoreOptions): RangeStore {
  const endpoint = parseEndpoint(options.endpoint);
  const transport = createTransport(options);
  const sign = createSigner(options, transport.now);
  return {
    async open(location, { signal } = {}) {
      const object = parseLocation(location);
      const url = objectUrl(endpoint, object, options.pathStyle ?? true);
      const file: RemoteFile = {
        key: location,
        url,
        authorize: () => sign(url),
        followRedirects: false, // the signature holds for one host
      };
      return openRemote(transport, file, signal);
    },
  };
}

const SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"; // the body of a GET

type Sign = (url: URL) => Promise<Record<string, string>>;

function createSigner(options: S3StoreOptions, now: () => number): Sign {
  const { accessKeyId, secretAccessKey, sessionToken } = options;
  if (accessKeyId === undefined && secretAccessKey === undefined) return () => Promise.resolve({});
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new ServiceError("usage", "Cannot sign S3 requests: they need both the access key id and the secret key");
  }
  const cache = new Map<string, ArrayBuffer>(); // of signing keys, one a day
  return async (url) => {
    const signer = new AwsV4Signer({
      method: "GET",
      url: url.href,
      headers: { "x-amz-content-sha256": SHA256_OF_NOTHING },
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: "s3",
      region: options.region ?? "us-east-1",
      cache,
      datetime: new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
    });
    // Only host and x-amz-*: a proxy may change Range or Accept-Encoding, and would break the signature.
    const { headers } = await signer.sign();
    headers.delete("host"); // signed, but set by fetch
    return Object.fromEntries(headers);
  };
}

type S3Object = { readonly bucket: string; readonly key: string };

function parseLocation(location: string): S3Object {
  const match = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,254})\/(.+)$/s.exec(location);
  const [bucket, key] = [match?.[1], match?.[2]];
  if (bucket === undefined || key === undefined) {
    throw new ServiceError("missing-file", `Cannot open ${JSON.stringify(location)}: it must be s3://bucket/key`);
  }
  if (key.split("/").some((part) => part === "." || part === "..")) {
    throw new ServiceError("unsupported", `Cannot open ${location}: no URL can carry a key with the parts "." or ".."`);
  }
  return { bucket, key };
}

function objectUrl(endpoint: URL, { bucket, key }: S3Object, pathStyle: boolean): URL {
  const url = new URL(endpoint);
  if (!pathStyle) url.hostname = `${bucket}.${endpoint.hostname}`;
  const base = endpoint.pathname.replace(/\/$/, "");
  url.pathname = `${base}/${pathStyle ? `${bucket}/` : ""}${key.split("/").map(escapePart).join("/")}`;
  return url;
}

/** All but the unreserved characters of RFC 3986, as the signature wants it. */
function escapePart(part: string): string {
  const escape = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  try {
    return encodeURIComponent(part).replace(/[!'()*]/g, escape);
  } catch (cause) {
    throw new ServiceError("missing-file", `Cannot open the S3 key ${JSON.stringify(part)}: it is not Unicode text`, {
      cause,
    });
  }
}

function parseEndpoint(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    throw new ServiceError(
      "usage",
      `Cannot use the S3 endpoint ${JSON.stringify(text)}: it must be an http: or https: URL`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new ServiceError("usage", "Cannot use the S3 endpoint: credentials must not stand in its URL");
  }
  return url;
}
