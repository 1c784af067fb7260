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
