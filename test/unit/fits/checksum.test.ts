import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatCard, formatCardText } from "../../../src/fits/card-format.ts";
import { joinCards } from "../../../src/fits/card-images.ts";
import { encodeChecksum, headerWithChecksums } from "../../../src/fits/checksum.ts";
import { addSums, Datasum, datasumOf, turnedSum } from "../../../src/fits/datasum.ts";
import { parseHeader } from "../../../src/fits/header.ts";

/** The sum by its definition (FITS 4.0, appendix J.1): words added with the carry brought round to the lowest bit. */
function plainSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 4) {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(i, i + 4);
    sum += a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
    if (sum >= 2 ** 32) sum = sum - 2 ** 32 + 1;
  }
  return sum;
}

describe("Datasum", () => {
  test("is the ones'-complement sum, however the bytes are cut and wherever they lie in memory", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 5000, size: "max" }),
        fc.array(fc.nat(5000), { maxLength: 5 }),
        fc.nat(3),
        (bytes, cuts, shift) => {
          const memory = new Uint8Array(bytes.length + shift);
          memory.set(bytes, shift);
          const placed = memory.subarray(shift);
          const sum = new Datasum();
          const ends = [...cuts, bytes.length].map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b);
          ends.forEach((end, i) => sum.update(placed.subarray(ends[i - 1] ?? 0, end)));
          expect(sum.value).toBe(plainSum(bytes));
        },
      ),
    );
  });

  test("is that of pieces, each turned to where it begins in its word", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 9 }), (pieces) => {
        let sum = 0;
        let at = 0;
        for (const piece of pieces) {
          sum = addSums(sum, turnedSum(plainSum(piece), at));
          at += piece.length;
        }
        expect(sum).toBe(plainSum(Uint8Array.from(pieces.flatMap((piece) => [...piece]))));
      }),
    );
  });

  test("of ones alone does not overflow", () => {
    const ones = new Uint8Array(1_000_003).fill(0xff);
    expect(datasumOf(ones)).toBe(plainSum(ones));
    expect(datasumOf(new Uint8Array(0))).toBe(0);
  });

  test("sums add up with the carry brought round", () => {
    expect(addSums(0xffffffff, 1)).toBe(1);
    expect(addSums(0x80000000, 0x7fffffff)).toBe(0xffffffff);
  });
});

describe("encodeChecksum", () => {
  test("is 16 digits and letters that bring the sum of a header to all ones", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (sum) => {
        const bytes = new Uint8Array(20);
        encodeChecksum(sum, bytes, 3);
        const text = String.fromCharCode(...bytes.subarray(3, 19));
        expect([...bytes.subarray(0, 3), bytes[19]]).toEqual([0, 0, 0, 0]);
        expect(text).toMatch(/^[0-9A-Za-z]{16}$/);
        // In place of "0000000000000000", one byte before a whole word, it adds the complement of the sum.
        const turned = Uint8Array.from(text.slice(1) + text.slice(0, 1), (c) => c.charCodeAt(0));
        const zeros = plainSum(new Uint8Array(16).fill(0x30));
        expect(addSums(sum, addSums(plainSum(turned), ~zeros >>> 0))).toBe(0xffffffff);
      }),
    );
  });

  test("the sum of a header with its checksums and the data is all ones", () => {
    const data = Uint8Array.from({ length: 2880 }, (_, i) => (i * 7) % 251);
    const header = headerWithChecksums([formatCard("SIMPLE", true), formatCard("BITPIX", 8)], datasumOf(data));
    expect(addSums(plainSum(header), plainSum(data))).toBe(0xffffffff);
    expect(parseHeader(header).getString("DATASUM")).toBe(String(plainSum(data)));
  });
});

test("cards are the same bytes and sum as text, as bytes or joined", () => {
  const value = fc.oneof(fc.string({ unit: "grapheme-ascii", maxLength: 300 }), fc.integer(), fc.boolean());
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 9 }),
      fc.array(fc.nat(2), { minLength: 9, maxLength: 9 }),
      (values, forms) => {
        const cards = values.map((each, i) => formatCard(`KEY${i}`, each, "any"));
        const joined = joinCards(
          values.map((each, i) => {
            if (forms[i] === 0) return cards[i] ?? "";
            const text = formatCardText(`KEY${i}`, each, "any");
            return forms[i] === 1 ? text : joinCards([text]);
          }),
        );
        expect(joined.raw).toEqual(Uint8Array.from(cards.flatMap(({ raw }) => [...raw])));
        expect(joined.sum).toBe(plainSum(joined.raw));
      },
    ),
  );
});
