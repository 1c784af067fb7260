import { expect, test } from "vitest";
import { formatCount, formatDuration, showInstant } from "../../../src/web/values.ts";

test("counts have their thousands apart", () => {
  expect([0, 999, 1000, 1234567, 60.5].map(formatCount)).toEqual([
    "0",
    "999",
    "1\u2009000",
    "1\u2009234\u2009567",
    "60.5",
  ]);
});

test("durations have two parts at most", () => {
  const second = 1000;
  const values = [-5, 0, 59, 60, 61, 600, 3599, 3600, 3660, 86_400, 172_800, 864_000].map((value) => value * second);
  expect(values.map(formatDuration)).toEqual([
    ...[
      "0 s",
      "0 s",
      "59 s",
      "1 min",
      "1 min 1 s",
      "10 min",
      "59 min",
      "1 h",
      "1 h 1 min",
      "24 h",
      "2 days",
      "10 days",
    ],
  ]);
});

test("instants are UTC to the minute, and a word where there is none", async () => {
  const shown = String(await showInstant(Date.UTC(2026, 0, 2, 3, 4, 5)));
  expect(shown).toBe('<time datetime="2026-01-02T03:04:05.000Z">2026-01-02 03:04</time>');
  expect(String(await showInstant(null, "never"))).toContain("never");
});
