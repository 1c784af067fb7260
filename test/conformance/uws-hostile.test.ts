import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ANAS, createUwsApp, CUTOUT, type UwsApp } from "../support/uws-app.ts";
import { uwsFaults } from "../support/uws-schema.ts";

// Whatever a client sends to the addresses of jobs is its mistake, or is done; it is never a fault of the service.

let uws: UwsApp;
beforeAll(() => {
  uws = createUwsApp({ maxWaitSeconds: 0.01 });
});
afterAll(() => uws.close());

const PARTS = [
  "",
  ...["phase", "executionduration", "destruction", "quote", "owner", "error", "parameters", "results", "rerun"],
  ...["parameters/ID", "parameters/UPLOAD", "results/result-1", "results/result-0", "results/result-99999999999"],
];
const NAMES = ["PHASE", "phase", "WAIT", "AFTER", "LAST", "ACTION", "DESTRUCTION", "EXECUTIONDURATION", "RUNID"];
const SODA = [
  "ID",
  "POS",
  "CIRCLE",
  "POLYGON",
  "BAND",
  "FILTER",
  "TIME",
  "POL",
  "RESPONSEFORMAT",
  "UPLOAD",
  "__proto__",
];
const WORDS = [
  ...["RUN", "ABORT", "DELETE", "PENDING", "ARCHIVED", "-1", "0", "1", "1e999", "NaN", "9".repeat(400), "0x10"],
  ...["2026-01-01", "9999-12-31T23:59:59Z", "0000-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
  ...["des_dr2", "ivo://localhost/des_dr2?x", "CIRCLE 36 -10 0.1", "36 -10 0.1", "+Inf", "\0", "\uD800", "' or 1=1 --"],
];
const value = fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: "binary", maxLength: 40 }));
const form = fc.array(fc.tuple(fc.constantFrom(...NAMES, ...SODA), value), { maxLength: 5 });
const contentType = fc.constantFrom(
  ...["application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded"],
  ...["multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/csv", "application/xml", ""],
);
const body = fc.oneof(
  { weight: 4, arbitrary: form.map((entries) => new URLSearchParams(entries).toString()) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 200 }) },
);
const pathPart = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PARTS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }).map((text) => encodeURIComponent(text)) },
  { weight: 1, arbitrary: fc.constantFrom("%", "%zz", "%00", "..", "%2e%2e/x", "%2F", "a/b/c/d", "%ff%fe") },
);
const request = fc.record({
  method: fc.constantFrom("GET", "GET", "POST", "POST", "POST", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS"),
  isList: fc.nat(3).map((n) => n === 0),
  part: pathPart,
  query: form,
  body,
  contentType,
  etag: fc.constantFrom(undefined, "*", '"x"', 'W/"', "\t"),
});

test("no request to the addresses of jobs is answered with 5xx, and every document follows the schema", async () => {
  let path = await uws.create(CUTOUT, ANAS);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(request, async ({ method, isList, part, query, body, contentType, etag }) => {
      if ((await uws.send(path, { headers: ANAS })).status === 404) path = await uws.create(CUTOUT, ANAS);
      const address = isList ? "/async" : part === "" ? path : `${path}/${part}`;
      const headers: Record<string, string> = { ...ANAS };
      if (etag !== undefined) headers["if-none-match"] = etag;
      if (method === "POST") headers["content-type"] = contentType;
      const response = await uws.send(`${address}?${new URLSearchParams(query).toString()}`, {
        method,
        headers,
        ...(method === "POST" ? { body } : {}),
      });
      seen.add(response.status);
      expect(response.status).toBeLessThan(500);
      if (response.status >= 400) expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
      if (response.status === 405) expect(response.headers.get("allow")).toMatch(/GET|POST/);
      const document = await response.text();
      if (response.headers.get("content-type")?.startsWith("application/xml") === true && document !== "") {
        const kind = /<uws:(jobs|job|parameters|results)[ />]/.exec(document)?.[1] as "job";
        expect(uwsFaults(document, kind)).toEqual([]);
      }
    }),
    { numRuns: 1500 },
  );
  expect(uws.faults).toEqual([]);
  // The cases reach what they are for.
  expect([...seen]).toEqual(expect.arrayContaining([200, 303, 304, 400, 403, 404, 405]));
}, 60_000);

test("a body larger than any form is refused", async () => {
  const path = await uws.create(CUTOUT);
  for (const address of ["/async", path, `${path}/phase`, `${path}/parameters`]) {
    const response = await uws.post(address, `ID=${"x".repeat(2 * 1024 * 1024)}`);
    expect([address, response.status]).toEqual([address, 413]);
  }
});
