import { describe, expect, test } from "vitest";
import { separationDegrees } from "../../../src/sky/separation.ts";
import { formatDesFileName, parseDesFileName } from "../../../src/surveys/des/file-name.ts";
import { DES_DR2, DES_RELEASE_FACTS } from "../../../src/surveys/des/releases.ts";
import { imagesOfTile } from "../../../src/surveys/des/tile-images.ts";
import { desTileCorners } from "../../../src/surveys/des/tile-outline.ts";
import { DES_TILE_TABLE_HEADER, parseDesTileRow } from "../../../src/surveys/des/tile-table.ts";
import { readTileTable } from "../../support/survey-index.ts";

const ROW = "DES0356-5248;58.480572;-53.176389;59.689321;-52.445833;Y6A1/r4931/DES0356-5248/p01/coadd";
const MILLIARCSECOND = 1 / 3.6e6;

describe("the table of DES tiles", () => {
  const [header, ...rows] = readTileTable().trimEnd().split("\n");

  test("has 10,169 rows, and every one parses", () => {
    expect(header).toBe(DES_TILE_TABLE_HEADER);
    expect(rows).toHaveLength(10_169);
    expect(new Set(rows.map((row) => parseDesTileRow(row).name)).size).toBe(10_169);
  });

  test("tiles across RA 0, whose raur exceeds 360, have their centre in [0, 360)", () => {
    const across = rows.filter((row) => Number(row.split(";")[3]) > 360);
    expect(across).toHaveLength(60);
    for (const row of rows) {
      const { raDegrees, decDegrees } = parseDesTileRow(row).center;
      expect(raDegrees).toBeGreaterThanOrEqual(0);
      expect(raDegrees).toBeLessThan(360);
      expect(decDegrees).toBeGreaterThan(-67.1);
      expect(decDegrees).toBeLessThan(5.1);
    }
  });

  test("the name of a tile is its place: hours and minutes, degrees and minutes, cut off", () => {
    for (const row of rows) {
      const { name, center } = parseDesTileRow(row);
      const [, hours, minutes, sign, degrees, arcminutes] = /^DES(\d\d)(\d\d)([+-])(\d\d)(\d\d)$/.exec(name) ?? [];
      const ra = (Number(hours) + Number(minutes) / 60) * 15;
      const dec = (sign === "-" ? -1 : 1) * (Number(degrees) + Number(arcminutes) / 60);
      expect(Math.abs(((center.raDegrees - ra + 540) % 360) - 180)).toBeLessThan(0.26);
      expect(Math.abs(center.decDegrees - dec)).toBeLessThan(0.018);
    }
  });

  test.each([
    ["columns missing", "DES0356-5248;58.480572;-53.176389", "3 columns"],
    ["a name of another kind", ROW.replaceAll("DES0356-5248", "0356-5248"), '"0356-5248" is not a tile name'],
    ["text for a number", ROW.replace("58.480572", "58,48"), '"58,48" is not a number'],
    ["an empty number", ROW.replace("58.480572", ""), '"" is not a number'],
    ["infinity", ROW.replace("58.480572", "Infinity"), '"Infinity" is not a number'],
    ["a declination beyond the pole", ROW.replace("-53.176389", "-93.176389"), "between -90 and 90"],
    ["corners of another size", ROW.replace("-53.176389", "-53.276389"), "corners"],
    ["corners that contradict each other", ROW.replace("59.689321", "59.689421"), "corners"],
    ["a path of another tile", ROW.replace("r4931/DES0356-5248", "r4931/DES0356-5249"), "archive path"],
    ["a path that leaves the archive", ROW.replace("Y6A1", ".."), "archive path"],
  ])("a row with %s is refused, with the reason", (_, row, reason) => {
    expect(() => parseDesTileRow(row)).toThrow(reason);
  });
});

describe("the outline of a DES tile", () => {
  // RAC1, DECC1 … of the header of the real coadd of DES0356-5248: the centres of the corner pixels.
  const REAL_CORNERS = [
    [59.6993840662213, -53.1747926355473],
    [58.4806719337787, -53.1747926355473],
    [58.4908251187908, -52.4443606516963],
    [59.6892308812092, -52.4443606516963],
  ] as const;

  test("lies half a pixel outside the corner pixels of the real image, to the rounding of the table", () => {
    const { center } = parseDesTileRow(ROW);
    const halfDiagonal = (0.263 / 3600 / 2) * Math.SQRT2;
    desTileCorners(center).forEach((corner, i) => {
      const [raDegrees, decDegrees] = REAL_CORNERS[i] as (typeof REAL_CORNERS)[0];
      const distance = separationDegrees(corner, { raDegrees, decDegrees });
      expect(Math.abs(distance - halfDiagonal)).toBeLessThan(8 * MILLIARCSECOND);
    });
  });

  // astropy 5.2.1 (WCSLIB): pixel (0.5, 0.5) and (10000.5, 10000.5) of a TAN image about (59.090024848, -52.811111).
  test("is that of WCSLIB's TAN projection", () => {
    const [first, , third] = desTileCorners({ raDegrees: 59.09002484800086, decDegrees: -52.811111 });
    expect(separationDegrees(first, { raDegrees: 59.699442367691596, decDegrees: -53.174828848822166 })).toBeLessThan(
      1e-9,
    ); // four corners
    expect(separationDegrees(third, { raDegrees: 58.490762544181294, decDegrees: -52.4443238245731 })).toBeLessThan(
      1e-9,
    );
  });
});

describe("names of DES files", () => {
  test("are those of the archive", () => {
    const row = "DES0219-1041;34.500495;-11.056944;35.243973;-10.326389;Y6A1/r4920/DES0219-1041/p01/coadd";
    const tile = parseDesTileRow(row);
    expect(imagesOfTile(tile, DES_DR2).map((image) => image.paths)[0]).toEqual([
      "Y6A1/r4920/DES0219-1041/p01/coadd/DES0219-1041_r4920p01_g.fits.fz",
      "DES0219-1041/DES0219-1041_r4920p01_g.fits.fz",
    ]);
  });

  test("parse to what they were formatted from, and other names do not parse", () => {
    const name = { tile: "DES0028+0209", run: "r5137", attempt: "p01", band: "Y" };
    expect(formatDesFileName(name)).toBe("DES0028+0209_r5137p01_Y.fits.fz");
    expect(parseDesFileName("DES0028+0209_r5137p01_Y.fits.fz")).toEqual(name);
    for (const other of ["DES0028+0209_r5137p01_y.fits.fz", "DES0028+0209_r5137p01_Y_cat.fits", "x.fits", ""]) {
      expect(parseDesFileName(other)).toBeNull();
    }
  });
});

describe("what the releases of DES say of all their images", () => {
  const mjdOf = (utc: number) => utc / 86_400_000 + 40_587; // MJD of 1970-01-01

  test("dates are whole months", () => {
    expect(DES_RELEASE_FACTS["des_dr2"]).toMatchObject({
      firstMjd: mjdOf(Date.UTC(2013, 7, 1)),
      lastMjd: mjdOf(Date.UTC(2019, 1, 1)),
    });
    expect(DES_RELEASE_FACTS["des_sample"]?.lastMjd).toBe(mjdOf(Date.UTC(2016, 2, 1)));
  });

  // Half-maximum ranges of the DECam passbands; neighbours overlap between i and z, and z and Y.
  test("bands are those of DECam, in nanometres", () => {
    const ranges = DES_DR2.bands.map(({ name, ...range }) => [
      name,
      Math.round(range.wavelengthMinMetres * 1e10) / 10,
      Math.round(range.wavelengthMaxMetres * 1e10) / 10,
    ]);
    expect(ranges).toEqual([
      ["g", 417.6, 547.5],
      ["r", 567.1, 715.6],
      ["i", 708.0, 856.2],
      ["z", 849.4, 996.5],
      ["Y", 950.8, 1016.9],
    ]);
  });
});
