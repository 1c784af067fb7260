import { describe, expect, it } from "vitest";

import { failureOf, findValidator, parseContentRange } from "../../../src/storage/remote-response.ts";

describe("findValidator", () => {
  it.each([
    [
      { etag: '"abc"', "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" },
      { header: "etag", value: '"abc"' },
    ],
    [
      { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" },
      { header: "last-modified", value: "Mon, 01 Jan 2024 00:00:00 GMT" },
    ],
    [
      { etag: 'W/"abc"', "last-modified": "then" },
      { header: "last-modified", value: "then" },
    ],
    [{ etag: 'W/"abc"' }, undefined],
    [{ etag: "abc" }, undefined],
    [{}, undefined],
  ])("finds in %o", (headers, validator) => {
    expect(findValidator(new Headers(headers as Record<string, string>))).toEqual(validator);
  });
});

describe("parseContentRange", () => {
  it("reads the form of RFC 9110, section 14.4", () => {
    expect(parseContentRange("bytes 42-1233/1234")).toEqual({ start: 42, end: 1234, total: 1234 });
  });

  it.each([
    null,
    "",
    "bytes 42-1233/*",
    "bytes */1234",
    "items 0-1/2",
    "bytes 0-1/2, 3-4/5",
    "bytes 0-1/99999999999999999999",
  ])("does not read %o", (text) => {
    expect(parseContentRange(text)).toBeUndefined();
  });
});

describe("failureOf", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const failure = (status: number, headers: Record<string, string> = {}) =>
    failureOf(new Response(null, { status, headers }), "http://x/y", now);

  it.each([
    [400, "unavailable"],
    [401, "forbidden"],
    [403, "forbidden"],
    [404, "missing-file"],
    [410, "missing-file"],
    [501, "unavailable"],
  ])("takes %i for final: %s", (status, code) => {
    expect(failure(status)).toMatchObject({ name: "ServiceError", code });
  });

  it.each([408, 429, 500, 502, 503, 504])("takes %i for something that may pass", (status) => {
    expect(failure(status)).toMatchObject({ name: "TransientError", retryAfterMilliseconds: 0 });
  });

  it.each([
    ["7", 7_000],
    ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", 0],
    ["-3", 0],
  ])("reads Retry-After: %s", (text, milliseconds) => {
    expect(failure(503, { "retry-after": text })).toMatchObject({ retryAfterMilliseconds: milliseconds });
  });

  it("names the region a bucket lies in", () => {
    expect(failure(301, { "x-amz-bucket-region": "eu-west-1" }).message).toContain("eu-west-1");
  });
});
