import { expect, it } from "vitest";
import { evaluatePreconditions } from "../../../src/http/conditional.ts";

it.each([
  [{}, "proceed"],
  [{ "if-none-match": '"a"' }, "not-modified"],
  [{ "if-none-match": 'W/"a"' }, "not-modified"], // weak comparison
  [{ "if-none-match": '"b", "a"' }, "not-modified"],
  [{ "if-none-match": "*" }, "not-modified"],
  [{ "if-none-match": '"b"' }, "proceed"],
  [{ "if-none-match": "a" }, "proceed"], // no quotes, no tag
  [{ "if-match": '"a"' }, "proceed"],
  [{ "if-match": "*" }, "proceed"],
  [{ "if-match": 'W/"a"' }, "failed"], // strong comparison
  [{ "if-match": '"b"' }, "failed"],
  [{ "if-match": '"b"', "if-none-match": '"a"' }, "failed"], // If-Match comes first
])("%j asks for %s", (headers: Record<string, string>, verdict) => {
  expect(evaluatePreconditions(new Headers(headers), '"a"')).toBe(verdict);
});

const MODIFIED = Date.UTC(2026, 10, 22, 1, 30, 15, 700);
const [BEFORE, SAME, AFTER] = [14, 15, 16].map((s) => `Sun, 22 Nov 2026 01:30:${s} GMT`);

it.each([
  [{ "if-modified-since": BEFORE }, "proceed"],
  [{ "if-modified-since": SAME }, "not-modified"], // Last-Modified tells whole seconds
  [{ "if-modified-since": AFTER }, "not-modified"],
  [{ "if-modified-since": "yesterday" }, "proceed"],
  [{ "if-modified-since": AFTER, "if-none-match": '"b"' }, "proceed"], // the tag decides alone
  [{ "if-unmodified-since": BEFORE }, "failed"],
  [{ "if-unmodified-since": SAME }, "proceed"],
  [{ "if-unmodified-since": BEFORE, "if-match": '"a"' }, "proceed"],
])("of something of 01:30:15.7, %j asks for %s", (headers: Record<string, string>, verdict) => {
  expect(evaluatePreconditions(new Headers(headers), '"a"', MODIFIED)).toBe(verdict);
  expect(evaluatePreconditions(new Headers(headers), '"a"')).toBe("proceed");
});
