import { ServiceError } from "../errors.ts";
import { sourceChanged } from "./_checked-read.ts";
import type { ByteRange } from "./range-source.ts";
import { TransientError } from "./retry.ts";

/** What pins a file to one version (RFC 9110, section 8.8): its strong ETag, else its Last-Modified time. */
export type Validator = { readonly header: "etag" | "last-modified"; readonly value: string };

export type RemoteVersion = { readonly byteLength: number; readonly validator: Validator };

export function findValidator(headers: Headers): Validator | undefined {
  const etag = headers.get("etag");
  if (etag !== null && /^"[^"]*"$/.test(etag)) return { header: "etag", value: etag }; // W/"…" promises no equal bytes
  const lastModified = headers.get("last-modified");
  return lastModified === null ? undefined : { header: "last-modified", value: lastModified };
}

/** Asks the server to refuse (412) when the file is no longer this version. */
export function pinHeaders({ header, value }: Validator): Record<string, string> {
  return header === "etag" ? { "if-match": value } : { "if-unmodified-since": value };
}

export type ContentRange = { readonly start: number; readonly end: number; readonly total: number };

/** `bytes 0-9/100`, `end` after the last byte. Undefined when it says anything else, "unknown" included. */
export function parseContentRange(text: string | null): ContentRange | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/i.exec(text?.trim() ?? "");
  if (match === null) return undefined;
  return { start: Number(match[1]), end: Number(match[2]) + 1, total: Number(match[3]) };
}

/** The length of the file, of a 416 response: `bytes * / 100` without the spaces. */
function parseUnsatisfiedLength(text: string | null): number | undefined {
  const match = /^bytes \*\/(\d{1,15})$/i.exec(text?.trim() ?? "");
  return match === null ? undefined : Number(match[1]);
}

/** What a read asked for. */
export type Expected = {
  readonly key: string;
  readonly version: RemoteVersion;
  readonly range: ByteRange;
  /** Milliseconds since 1970: a Retry-After may be a date. */
  readonly now: number;
};

/** Accepts only the answer to exactly this question: 206, this version, this range, not encoded. */
export function checkPartial(response: Response, expected: Expected): void {
  const { key, range } = expected;
  const { byteLength, validator } = expected.version;
  const { headers } = response;
  if (response.status !== 206) throw readFailureOf(response, expected);
  requireIdentity(key, headers);

  const found = headers.get(validator.header);
  if (found === null) {
    throw new ServiceError("unsupported", `Cannot read ${key}: its ${validator.header} must come with every part`);
  }
  if (found !== validator.value) throw sourceChanged(key, "it was replaced");

  const text = headers.get("content-range");
  const part = parseContentRange(text);
  if (part !== undefined && part.total !== byteLength) throw sourceChanged(key, "its length changed");
  if (part?.start !== range.start || part.end !== range.start + range.length) {
    throw new ServiceError(
      "corrupt-data",
      `Cannot read ${range.length} bytes at ${range.start} of ${key}: the server sent the range ${JSON.stringify(text)}`,
    );
  }
}

function readFailureOf(response: Response, { key, version, now }: Expected): Error {
  switch (response.status) {
    case 200:
      return new ServiceError("unsupported", `Cannot read ${key}: the server sends the whole file for a range of it`);
    case 404:
    case 410:
      return sourceChanged(key, "it was removed");
    case 412:
      return sourceChanged(key, "it was replaced");
    case 416: {
      const total = parseUnsatisfiedLength(response.headers.get("content-range"));
      if (total !== undefined && total !== version.byteLength) return sourceChanged(key, "its length changed");
      return new ServiceError("corrupt-data", `Cannot read ${key}: the server says the range lies beyond its end`);
    }
    default:
      return failureOf(response, key, now);
  }
}

/** What a status other than success means, whatever was asked. */
export function failureOf(response: Response, key: string, now: number): Error {
  const { status, headers } = response;
  const region = headers.get("x-amz-bucket-region"); // S3 says so when it was asked in the wrong one
  const said = `the server answered ${status}${region === null ? "" : ` for a bucket in region ${region}`}`;
  if (status === 404 || status === 410) return new ServiceError("missing-file", `Cannot open ${key}: ${said}`);
  if (status === 401 || status === 403) {
    return new ServiceError(
      "forbidden",
      `Cannot open ${key}: the server does not let this service read it (${status})`,
    );
  }
  if (status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)) {
    return new TransientError(said, { retryAfterMilliseconds: parseRetryAfter(headers, now) });
  }
  return new ServiceError("unavailable", `Cannot open ${key}: ${said}`);
}

export function requireIdentity(key: string, headers: Headers): void {
  const encoding = headers.get("content-encoding");
  if (encoding === null || encoding.toLowerCase() === "identity") return;
  throw new ServiceError(
    "unsupported",
    `Cannot read ${key}: it must be sent as it is, not in content-encoding ${encoding}`,
  );
}

/** Seconds, or a date (RFC 9110, section 10.2.3); 0 when there is none. */
function parseRetryAfter(headers: Headers, now: number): number {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
