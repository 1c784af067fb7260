import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatCard, formatCommentary } from "../../../src/fits/card-format.ts";
import { decodeLatin1, parseCards, type Card } from "../../../src/fits/card.ts";

const images = (card: Card) =>
  decodeLatin1(card.raw)
    .match(/.{80}/g)
    ?.map((image) => image.trimEnd());
const printable = (maxLength: number) =>
  fc.array(fc.integer({ min: 32, max: 126 }), { maxLength }).map((codes) => String.fromCharCode(...codes));

describe("formatCard", () => {
  test("writes the fixed format", () => {
    expect(images(formatCard("SIMPLE", true, "file conforms"))).toEqual([
      "SIMPLE  =                    T / file conforms",
    ]);
    expect(images(formatCard("NAXIS1", 10000))).toEqual(["NAXIS1  =                10000"]);
    expect(images(formatCard("CRPIX1", { float: 100 }))).toEqual(["CRPIX1  =                100.0"]);
    expect(images(formatCard("SMALL", 1.5e-7))).toEqual(["SMALL   =               1.5E-7"]);
    expect(images(formatCard("OBJECT", "M'31", "name"))).toEqual(["OBJECT  = 'M''31   '           / name"]);
    expect(images(formatCard("NOTHING", undefined, "c"))).toEqual(["NOTHING =                      / c"]);
  });

  test("continues long strings and keeps doubled quotes together", () => {
    const card = formatCard("LONG", "'".repeat(100), "c");
    expect(images(card)).toEqual([
      `LONG    = '${"''".repeat(33)}&'`,
      `CONTINUE  '${"''".repeat(33)}&'`,
      `CONTINUE  '${"''".repeat(34)}'`,
    ]);
  });

  test("whatever it writes is read back", () => {
    const value = fc.oneof(
      printable(300).map((text) => text.trimEnd()),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
    );
    const keyword = fc.constantFrom("A", "ABCDEFGH", "ESO DET CHIP1", "A_LONG_KEYWORD");
    fc.assert(
      fc.property(keyword, value, printable(30), (keyword, value, comment) => {
        const card = formatCard(keyword, value, comment);
        const [read, ...rest] = parseCards(card.raw);
        expect(rest).toEqual([]);
        expect(read?.keyword).toBe(keyword);
        expect(read?.value).toEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  test("any bytes at all are parsed as cards without an exception, and none is lost", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 80, maxLength: 80 }), { maxLength: 10 }), (cards) => {
        const bytes = new Uint8Array(cards.flatMap((card) => [...card]));
        const parsed = parseCards(bytes);
        expect(parsed.reduce((sum, card) => sum + card.raw.length, 0)).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

test("commentary is cut at spaces into cards of 72 characters", () => {
  const cards = formatCommentary("HISTORY", `${"word ".repeat(20)}end`);
  expect(cards.map((card) => card.comment)).toEqual([`${"word ".repeat(14)}`.trimEnd(), `${"word ".repeat(6)}end`]);
});
