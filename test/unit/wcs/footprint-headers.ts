import { parseCards } from "../../../src/fits/card.ts";
import { createHeader } from "../../../src/fits/header.ts";
import { parseWcs } from "../../../src/wcs/parse-wcs.ts";
import type { Wcs } from "../../../src/wcs/wcs.ts";

export type Keywords = Readonly<Record<string, string | number>>;

export function wcsOf(keywords: Keywords): Wcs {
  const cards = Object.entries(keywords).map(([keyword, value]) => {
    const text = typeof value === "number" ? String(value).toUpperCase() : `'${value}'`;
    return `${keyword.padEnd(8)}= ${text}`.padEnd(80);
  });
  const wcs = parseWcs(createHeader(parseCards(new TextEncoder().encode(cards.join("")))));
  if (wcs === null) throw new Error("no celestial axes");
  return wcs;
}

/** An image around its CRVAL with square pixels. */
export function imageHeader(image: {
  code: string;
  width: number;
  height: number;
  ra: number;
  dec: number;
  scale: number;
  turn?: number;
  more?: Keywords;
}): Keywords {
  const { code, width, height, ra, dec, scale, turn = 0, more = {} } = image;
  const [c, s] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  return {
    NAXIS: 2,
    NAXIS1: width,
    NAXIS2: height,
    CTYPE1: `RA---${code}`,
    CTYPE2: `DEC--${code}`,
    CRPIX1: (width + 1) / 2,
    CRPIX2: (height + 1) / 2,
    CRVAL1: ra,
    CRVAL2: dec,
    CD1_1: -scale * c,
    CD1_2: -scale * s,
    CD2_1: -scale * s,
    CD2_2: scale * c,
    RADESYS: "ICRS",
    ...more,
  };
}

/** Maps of the whole sky, or as much as the projection shows, 5° to 8° a pixel. */
export const ALL_SKY: Readonly<Record<string, Keywords>> = Object.fromEntries(
  (
    [
      ["CAR", 72, 36, 0, 5, {}],
      ["CAR", 72, 36, 20, 5, { LONPOLE: 30 }],
      ["CYP", 72, 44, 0, 5, { PV2_1: 1, PV2_2: 0.7 }],
      ["CEA", 72, 24, 0, 5, { PV2_1: 1 }],
      ["MER", 72, 60, 0, 5, {}],
      ["SFL", 72, 36, 0, 5, {}],
      ["PAR", 72, 36, 0, 5, {}],
      ["MOL", 66, 34, 0, 5, {}],
      ["AIT", 66, 34, 0, 5, {}],
      ["PCO", 72, 56, 0, 5, {}],
      ["BON", 72, 56, 0, 5, { PV2_1: 45 }],
      ["COE", 72, 56, -45, 5, { PV2_1: -25, PV2_2: 20 }],
      ["COP", 60, 60, 45, 5, { PV2_1: 45, PV2_2: 25 }],
      ["COD", 72, 56, 45, 5, { PV2_1: 45, PV2_2: 25 }],
      ["COO", 60, 60, 45, 5, { PV2_1: 45, PV2_2: 25 }],
      ["TSC", 72, 54, 0, 5, {}],
      ["CSC", 72, 54, 0, 5, {}],
      ["QSC", 72, 54, 0, 5, {}],
      ["HPX", 72, 36, 0, 5, {}],
      ["XPH", 60, 60, 90, 5, {}],
      ["TAN", 40, 40, 30, 8, {}],
      ["SIN", 30, 30, 30, 5, {}],
      ["SIN", 30, 30, 30, 5, { PV2_1: 0.2, PV2_2: -0.1 }],
      ["STG", 60, 60, -60, 8, {}],
      ["ARC", 76, 76, 30, 5, {}],
      ["ZEA", 50, 50, 90, 5, {}],
      ["ZPN", 60, 60, 40, 5, { PV2_1: 1, PV2_3: -0.1 }],
      ["AIR", 60, 60, 40, 5, { PV2_1: 45 }],
      ["AZP", 40, 40, 40, 5, { PV2_1: 2, PV2_2: 30 }],
      ["SZP", 40, 40, 40, 5, { PV2_1: 2, PV2_2: 180, PV2_3: 60 }],
    ] as [string, number, number, number, number, Keywords][]
  ).map(([code, width, height, dec, scale, more], i) => [
    `${code} ${i}`,
    imageHeader({ code, width, height, ra: (i * 57) % 360, dec, scale, more }),
  ]),
);
