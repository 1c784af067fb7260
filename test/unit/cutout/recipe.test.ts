import { expect, it } from "vitest";
import { recipeTag, type RecipeFacts, type RecipePart } from "../../../src/cutout/recipe.ts";

const imageOf = (key: string, version: string, hduIndex: number) =>
  ({ source: { key, version }, hduIndex }) as unknown as RecipePart["image"];
const part: RecipePart = {
  image: imageOf("/archive/a.fits.fz", "1", 1),
  plane: "image",
  did: "ivo://linea.org.br/des_dr2?DES0219-1041/g",
  window: { x0: 0, y0: 0, width: 10, height: 10 },
};
const facts: RecipeFacts = {
  place: "CIRCLE 36.309 -10.187 1e-7",
  isMasked: false,
  checksums: "when-cheap",
  missing: [],
  software: "recorte 0.1.0",
  day: "2026-11-22",
};

it("changes with whatever the bytes of the answer follow from", () => {
  const parts: RecipePart[] = [
    { ...part, image: imageOf("/archive/b.fits.fz", "1", 1) },
    { ...part, image: imageOf("/archive/a.fits.fz", "2", 1) },
    { ...part, image: imageOf("/archive/a.fits.fz", "1", 2) },
    { ...part, plane: "mask" },
    { ...part, did: "ivo://linea.org.br/des_sample?DES0219-1041/g" },
    { ...part, did: undefined },
    { ...part, window: { ...part.window, width: 11 } },
  ];
  const others: RecipeFacts[] = [
    { ...facts, place: undefined },
    { ...facts, place: "CIRCLE 36.309 -10.187 1e-8" },
    { ...facts, place: `POLYGON ${"1.5 2.5 ".repeat(100)}` },
    { ...facts, isMasked: true },
    { ...facts, checksums: "always" },
    { ...facts, missing: ["ivo://linea.org.br/des_dr2?DES0219-1041/r"] },
    { ...facts, software: "recorte 0.1.1" },
    { ...facts, day: "2026-11-23" },
  ];
  const tags = [
    recipeTag([part], facts),
    recipeTag([part, part], facts),
    ...parts.map((other) => recipeTag([other], facts)),
    ...others.map((other) => recipeTag([part], other)),
  ];
  expect(new Set(tags).size).toBe(tags.length);
  for (const tag of tags) expect(tag).toMatch(/^"[!#-~]{20,130}"$/); // etagc of RFC 9110, section 8.8.3
  const again = { ...part, image: imageOf("/archive/a.fits.fz", "1", 1) };
  expect(recipeTag([again], { ...facts })).toBe(tags[0]);
});

it("does not tell where a file lies", () => {
  expect(recipeTag([part], facts)).not.toContain("archive");
});
