import fc from "fast-check";
import { expect, it } from "vitest";
import { formatContentRange, planMultipart, selectRanges } from "../../../src/http/byte-ranges.ts";

const FILE = { byteLength: 10_000, etag: '"abc"' };
const select = (range: string, more: Record<string, string> = {}, maxParts?: number) =>
  selectRanges(new Headers({ range, ...more }), FILE, maxParts);

/** As RFC 9110, section 14.1.2 has them in its examples: of 10,000 bytes. */
it.each([
  ["bytes=0-499", [[0, 500]]],
  ["bytes=500-999", [[500, 1000]]],
  ["bytes=-500", [[9500, 10_000]]],
  ["bytes=9500-", [[9500, 10_000]]],
  ["bytes=0-0,-1", [[0, 1], [9999, 10_000]]],
  ["bytes= 0-0, 2-3", [[0, 1], [2, 4]]],
  ["bytes=0-999, 4500-5499, -1000", [[0, 1000], [4500, 5500], [9000, 10_000]]],
  ["bytes=500-600,601-999", [[500, 601], [601, 1000]]],
  ["bytes=500-700,601-999", [[500, 701], [601, 1000]]],
  // Beyond the examples:
  ["BYTES=0-0", [[0, 1]]], // units do not care for case
  ["bytes=0-99999999999999999999", [[0, 10_000]]],
  ["bytes=-99999999999999999999", [[0, 10_000]]],
  ["bytes=9999-10000", [[9999, 10_000]]],
  ["bytes=,0-0 ,, 5-5,", [[0, 1], [5, 6]]],
  ["bytes=20000-,3-4", [[3, 5]]], // what can be satisfied is
])("%s", (range, parts) => {
  expect(select(range)).toEqual({ kind: "parts", parts: parts.map(([start, end]) => ({ start, end })) });
}); // prettier-ignore

it.each(["bytes=10000-", "bytes=10000-20000", "bytes=-0", "bytes=10000-,-0"])("none of the file is in %s", (range) => {
  expect(select(range)).toEqual({ kind: "unsatisfiable" });
});

it.each([
  "bytes=5-4",
  "bytes=0-4,5-4",
  "bytes=",
  "bytes=-",
  "bytes",
  "bytes=a-b",
  "bytes=1.5-2",
  "bytes=0x1-2",
  "bytes=+1-2",
  "bytes=1--2",
  "items=0-4",
  "bytes=0-4;5-6",
  "bytes=,",
])("%s makes no sense, and gives the whole file", (range) => {
  expect(select(range)).toEqual({ kind: "whole" });
});

it("gives the whole file for more bytes, or more parts, than there is sense in", () => {
  expect(select("bytes=0-,0-")).toEqual({ kind: "whole" });
  expect(select("bytes=0-0,1-1,2-2", {}, 2)).toEqual({ kind: "whole" });
  expect(select("bytes=0-0,1-1", {}, 2)).toMatchObject({ kind: "parts" });
  expect(select(`bytes=${"0-0,".repeat(100_000)}`)).toEqual({ kind: "whole" });
});

it("gives parts only of the version that If-Range names", () => {
  expect(select("bytes=0-0", { "if-range": '"abc"' })).toMatchObject({ kind: "parts" });
  for (const other of ['"abd"', 'W/"abc"', "abc", "Sun, 22 Nov 2026 01:00:00 GMT"]) {
    expect(select("bytes=0-0", { "if-range": other })).toEqual({ kind: "whole" });
  }
});

it("gives an empty file whole", () => {
  expect(selectRanges(new Headers({ range: "bytes=0-" }), { ...FILE, byteLength: 0 })).toEqual({ kind: "whole" });
});

it("writes Content-Range as RFC 9110, section 14.4 has it", () => {
  expect(formatContentRange({ start: 42, end: 1234 }, 1234)).toBe("bytes 42-1233/1234");
});

it("frames several parts as RFC 9110, section 14.6 does", () => {
  const parts = [
    { start: 500, end: 1000 },
    { start: 7000, end: 8000 },
  ];
  const file = { byteLength: 8000, mediaType: "application/pdf" };
  const plan = planMultipart(parts, file, "THIS_STRING_SEPARATES");
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  expect(plan.mediaType).toBe("multipart/byteranges; boundary=THIS_STRING_SEPARATES");
  expect(text(plan.heads[0])).toBe(
    "--THIS_STRING_SEPARATES\r\nContent-Type: application/pdf\r\nContent-Range: bytes 500-999/8000\r\n\r\n",
  );
  expect(text(plan.heads[1])).toBe(
    "\r\n--THIS_STRING_SEPARATES\r\nContent-Type: application/pdf\r\nContent-Range: bytes 7000-7999/8000\r\n\r\n",
  );
  expect(text(plan.tail)).toBe("\r\n--THIS_STRING_SEPARATES--\r\n");
  expect(plan.byteLength).toBe(1500 + plan.heads[0].length + plan.heads[1].length + plan.tail.length);
});

it("never gives a part that is not in the file, whatever is asked for", () => {
  const number = fc.oneof(fc.nat(20), fc.constantFrom("", "-1", "99999999999999999999", "1e3", " 5 "));
  const spec = fc.oneof(
    fc.tuple(number, number).map(([first, last]) => `${first}-${last}`),
    fc.string({ maxLength: 5 }).map((text) => text.replace(/[^\x20-\x7e]/g, "")),
  );
  const header = fc.tuple(fc.constantFrom("bytes=", "bytes", "Bytes =", "x="), fc.array(spec, { maxLength: 5 }));
  fc.assert(
    fc.property(header, fc.nat(12), ([unit, specs], byteLength) => {
      const range = unit + specs.join(",");
      const selection = selectRanges(new Headers({ range }), { byteLength, etag: '"a"' });
      if (selection.kind !== "parts") return;
      expect(selection.parts.length).toBeGreaterThan(0);
      for (const { start, end } of selection.parts) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(byteLength);
      }
    }),
  );
});
