import { expect, it } from "vitest";
import { recipeTag, type RecipePart } from "../../../src/cutout/recipe.ts";

const part: RecipePart = {
  key: "/archive/a.fits.fz",
  version: "1",
  hduIndex: 1,
  plane: "image",
  did: "ivo://linea.org.br/des_dr2?DES0219-1041/g",
  window: { x0: 0, y0: 0, width: 10, height: 10 },
};

it("changes with whatever the bytes of the answer follow from", () => {
  const others: RecipePart[] = [
    { ...part, key: "/archive/b.fits.fz" },
    { ...part, version: "2" },
    { ...part, hduIndex: 2 },
    { ...part, plane: "mask" },
    { ...part, did: "ivo://linea.org.br/des_sample?DES0219-1041/g" },
    { ...part, did: undefined },
    { ...part, window: { ...part.window, width: 11 } },
  ];
  const tags = [
    ...others.map((other) => recipeTag([other], "1")),
    recipeTag([part], "1"),
    recipeTag([part], "2"),
    recipeTag([part, part], "1"),
  ];
  expect(new Set(tags).size).toBe(tags.length);
  expect(recipeTag([{ ...part }], "1")).toBe(recipeTag([part], "1"));
});
