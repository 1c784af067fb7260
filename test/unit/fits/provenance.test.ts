import { expect, test } from "vitest";
import { decodeLatin1 } from "../../../src/fits/card.ts";
import { formatProvenance } from "../../../src/fits/provenance.ts";

test("where a cutout comes from is said in cards", () => {
  const cards = formatProvenance({
    creator: "recorte 0.1.0",
    source: "ivo://example.org/des_dr2?DES0219-1041/g",
    hdu: "SCI",
    window: { x0: 100, y0: 20, width: 64, height: 32 },
    request: "CIRCLE 36.309 -10.187 0.008",
    history: ["seams of 2 images"],
  });
  expect(cards.map((card) => decodeLatin1(card.raw).trimEnd())).toEqual([
    "CUTBY   = 'recorte 0.1.0'      / program that made this cutout",
    "CUTFROM = 'ivo://example.org/des_dr2?DES0219-1041/g' / original",
    "CUTHDU  = 'SCI     '           / HDU of the original",
    "CUTSECT = '[101:164,21:52]'    / pixels of the original, from 1",
    "CUTREQ  = 'CIRCLE 36.309 -10.187 0.008' / as requested",
    "HISTORY seams of 2 images",
  ]);
});

test("a request with line breaks and other scripts cannot add cards", () => {
  const [, , request] = formatProvenance({
    creator: "r",
    source: "s",
    request: `x'\nEND${" ".repeat(80)}é${"y".repeat(200)}`,
  });
  expect(request?.raw.length).toBe(80 * 5);
  expect(request?.value).toBe(`x'?END${" ".repeat(80)}?${"y".repeat(200)}`);
});
