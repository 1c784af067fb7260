import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatCommentary, formatCard } from "../../../src/fits/card-format.ts";
import { decodeLatin1 } from "../../../src/fits/card.ts";
import { joinCards } from "../../../src/fits/card-images.ts";
import { cutoutHeader, type CutoutHeaderOptions } from "../../../src/fits/cutout-header.ts";
import { cutoutHeaderTemplate } from "../../../src/fits/cutout-header-template.ts";
import { formatHeader, parseHeader, type Header } from "../../../src/fits/header.ts";
import { lessInteger, parseDecimal } from "../../../src/fits/decimal.ts";

const STRUCTURE = ["SIMPLE  = T", "BITPIX  = 16", "NAXIS   = 2", "NAXIS1  = 1000", "NAXIS2  = 500"];

function original(...lines: string[]): Header {
  const text = [...STRUCTURE, ...lines, "END"].map((line) => line.padEnd(80)).join("");
  return parseHeader(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}
function cut(header: Header, options: Partial<CutoutHeaderOptions> = {}): Header {
  const window = { x0: 100, y0: 20 };
  const cards = cutoutHeader({ original: header, shape: [64, 32], window, extension: false, ...options });
  return parseHeader(formatHeader(cards));
}
const textOf = (header: Header, keyword: string) =>
  decodeLatin1(header.find(keyword)?.raw ?? new Uint8Array(0)).trimEnd();

describe("what moves with the corner", () => {
  test("CRPIX of every alternate, digit for digit", () => {
    const header = cut(
      original(
        "CRPIX1  =   5000.50000000000000001 / exact",
        "CRPIX2  = 250.5D0",
        "CRPIX1A = 1",
        "CRPIX2Z = -0.25",
        "CRPIX3  = 7.",
      ),
    );
    expect(textOf(header, "CRPIX1")).toBe("CRPIX1  = 4900.50000000000000001 / exact");
    expect(header.get("CRPIX2")).toBe(230.5);
    expect(textOf(header, "CRPIX1A")).toBe(`CRPIX1A = ${"-99".padStart(20)}`);
    expect(header.get("CRPIX2Z")).toBe(-20.25);
    expect(textOf(header, "CRPIX3")).toBe("CRPIX3  = 7.");
  });

  test("planes of further axes", () => {
    const header = cut(original("CRPIX3  = 7.", "CRPIX4  = 1."), { shape: [64, 32, 2, 1], planes: [5, 0] });
    expect([header.get("CRPIX3"), header.get("CRPIX4"), header.get("NAXIS3")]).toEqual([2, 1, 2]);
  });

  test("a CRPIX that was left out is 0 and moves too, where its axis has coordinates", () => {
    const header = cut(original("CTYPE1  = 'RA---TAN'", "CD2_2A  = 1.0", "CTYPE2  = 'DEC--TAN'", "CRPIX2  = 1.0"));
    expect([header.get("CRPIX1"), header.get("CRPIX2"), header.get("CRPIX2A")]).toEqual([-100, -19, -20]);
    expect(header.has("CRPIX1A")).toBe(false);
    expect(cut(original()).has("CRPIX1")).toBe(false);
  });

  test("LTV moves, and is written where it was not; sections of physical pixels stay", () => {
    const moved = cut(original("LTV1    = -10.0", "LTM1_1  = 0.5", "DATASEC = '[1:1000,1:500]'"));
    expect([moved.get("LTV1"), moved.get("LTV2"), moved.get("LTM1_1"), moved.get("LTM2_2")]).toEqual([
      -110, -20, 0.5, 1,
    ]);
    expect(moved.get("DATASEC")).toBe("[1:1000,1:500]");
    expect(cut(original(), { window: { x0: 0, y0: 0 } }).has("LTV1")).toBe(false);
  });

  test("the corner on a digitised plate counts the other way", () => {
    const header = cut(original("CNPIX1  =                 8860 /X corner", "CNPIX2  = 1708.0"));
    expect(textOf(header, "CNPIX1")).toBe("CNPIX1  =                 8960 / X corner");
    expect(header.get("CNPIX2")).toBe(1728);
  });

  test("OFFSET of a distortion by pixels moves, and is written where it was left out", () => {
    // WCSLIB 7.12 gives the same places for the original and the cutout with these records.
    const records = ["NAXES: 2", "AXIS.1: 2", "AXIS.2: 1", "OFFSET.1: 80.5", "SCALE.1: 0.01", "TPD.FWD.1: 1.0"];
    const lines = records.map((record) => `DP1     = '${record}'`);
    const header = cut(original("CPDIS1  = 'TPD'", ...lines, "DQ1     = 'OFFSET.1: 7'"));
    const values = (keyword: string) =>
      header.cards.filter((card) => card.keyword === keyword).map((card) => card.value);
    const moved = ["NAXES: 2", "AXIS.1: 2", "AXIS.2: 1", "OFFSET.1: 60.5", "SCALE.1: 0.01", "TPD.FWD.1: 1.0"];
    expect(values("DP1")).toEqual([...moved, "OFFSET.2: -100.0"]);
    expect(values("DQ1")).toEqual(["OFFSET.1: 7"]);
  });

  test("of decimals that do not fit into a card any more the first are kept, and a number is not cut off", () => {
    const header = cut(original(`CRPIX1  = 0.${"1".repeat(67)}`, `CRPIX2  = 1.5E${"9".repeat(2)}`));
    expect(textOf(header, "CRPIX1")).toBe(`CRPIX1  = -99.${"8".repeat(66)}`);
    expect(header.get("CRPIX2")).toBe(1.5e99);
  });

  test("a CRPIX that is no number stays as it is", () => {
    expect(textOf(cut(original("CRPIX1  = NaN")), "CRPIX1")).toBe("CRPIX1  = NaN");
  });
});

describe("what stays and what goes", () => {
  test("cards that still hold are byte-identical and in their order", () => {
    const kept = [
      "BSCALE  =1.0000E+00",
      "BZERO   =                3.2768D4 / odd spacing    ",
      "BLANK   = -32768",
      "PV1_1   = 1.0e-3",
      "WAT1_001= 'wtype=tnx axtype=ra lngcor = \"3. 4. 4. 2.\"'",
      "COMMENT   any  text",
      "LONGSTR = 'one &'",
      "CONTINUE  'two'",
      "HIERARCH ESO DET NAME = 'x'",
      "EXTNAME = 'SCI     '",
    ];
    const header = original(...kept, "", "");
    const copied = cutoutHeader({
      original: header,
      shape: [64, 32],
      window: { x0: 0, y0: 0 },
      extension: false,
    });
    expect(joinCards(copied).raw.subarray(6 * 80)).toEqual(joinCards(header.cards.slice(5, -2)).raw);
  });

  test("WCSAXES comes before all other keywords of coordinates", () => {
    const header = cut(original("CTYPE1  = 'RA---TAN'", "WCSAXES = 2"), { window: { x0: 0, y0: 0 } });
    expect(header.cards.map((card) => card.keyword).slice(6)).toEqual(["WCSAXES", "CTYPE1"]);
  });

  test("sizes, checksums, compression and statistics of all pixels are not copied", () => {
    const gone = [
      "CHECKSUM= 'x'",
      "DATASUM = '1'",
      "ZIMAGE  = T",
      "ZTILE1  = 5",
      "DATAMIN = 1.0",
      "INHERIT = T",
      "PCOUNT  = 9",
    ];
    const header = cut(original(...gone), { extension: true });
    expect(header.cards.map((card) => card.keyword)).toEqual([
      ...["XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT"],
      ...["LTV1", "LTV2", "LTM1_1", "LTM2_2"],
    ]);
    expect(header.get("PCOUNT")).toBe(0);
  });

  test("with pixels of another type the scaling goes", () => {
    const header = cut(original("BSCALE  = 2.0", "BZERO   = 1.0", "BLANK   = 3", "BUNIT   = 'Jy'"), { bitpix: -32 });
    expect(["BSCALE", "BZERO", "BLANK"].some((keyword) => header.has(keyword))).toBe(false);
    expect([header.get("BITPIX"), header.get("BUNIT")]).toEqual([-32, "Jy"]);
  });

  test("provenance comes last and replaces what it names; the survey may drop more", () => {
    const provenance = [formatCard("ORIGIN", "recorte"), ...formatCommentary("HISTORY", "cut")];
    const header = cut(original("ORIGIN  = 'NOAO'", "RAC1    = 1.0", "HISTORY = old"), {
      provenance,
      replaces: "ORIGIN",
      drop: ["RAC1"],
    });
    expect(header.cards.filter((card) => card.keyword === "ORIGIN").map((card) => card.value)).toEqual(["recorte"]);
    expect(header.has("RAC1")).toBe(false);
    expect(header.cards.at(-1)?.comment).toBe("cut");
  });

  test("distortion tables of other HDUs are not promised", () => {
    const lines = [
      "CPDIS1  = 'LOOKUP'",
      "DP1     = 'EXTVER: 1'",
      "D2IMDIS1= 'LOOKUP'",
      "D2IM1   = 'EXTVER: 1'",
      "DP      = 1",
    ];
    const header = cut(original(...lines, "A_ORDER = 2"));
    expect(["CPDIS1", "DP1", "D2IMDIS1", "D2IM1"].some((keyword) => header.has(keyword))).toBe(false);
    expect(header.get("A_ORDER")).toBe(2);
    expect(header.cards.some((card) => card.keyword === "HISTORY" && /CPDIS1/.test(card.comment))).toBe(true);
  });
});

test("a cutout has the same header whatever was cut of the image before", () => {
  const lines = [
    ...["WCSAXES = 2", "CTYPE1  = 'RA---TPV'", "CRVAL1  = 10.0", "CRPIX1  = 5000.5", "CTYPE2  = 'DEC--TPV'"],
    ...["LTV2    = -3.5 / shift", "CNPIX1  = 17", "CRPIX1A = 1.0D2", "BLANK   = -32768", "BSCALE  = 2.0"],
    ...["EXTNAME = 'SCI'", "CUTPOS  = 'CIRCLE 1 2 3'", "RAC1    = 1.0", "CPDIS1  = 'TPD'", "DP1     = 'NAXES: 2'"],
    ...["DP1     = 'OFFSET.1: 80.5'", "COMMENT one", "DATAMIN = 1.0"],
  ];
  const drops = [undefined, ["RAC1"], ["RAC1", "CRVAL1"]];
  const options = fc.record({
    shape: fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 9999 })),
    window: fc.record({ x0: fc.nat(9), y0: fc.nat(9999) }),
    extension: fc.boolean(),
    bitpix: fc.constantFrom(undefined, -32 as const),
    drop: fc.constantFrom(...drops),
    replaces: fc.constantFrom(undefined, "CUTPOS", "CUTPOS EXTNAME"),
  });
  type Drawn = Omit<CutoutHeaderOptions, "original" | "bitpix"> & { bitpix: -32 | undefined };
  const bytesOf = (header: Header, drawn: Drawn) => {
    const { bitpix, ...others } = drawn;
    return formatHeader(cutoutHeader({ original: header, ...others, ...(bitpix === undefined ? {} : { bitpix }) }));
  };
  const reused = original(...lines);
  fc.assert(
    fc.property(options, (each) => {
      expect(bytesOf(reused, each)).toEqual(bytesOf(original(...lines), each));
    }),
    { numRuns: 300 },
  );
});

test("decimals are subtracted exactly", () => {
  // By hand.
  const cases: [string, number, string | undefined][] = [
    ["5000.5", 4873, "127.5"],
    ["0.1", 1, "-0.9"],
    ["-.5E1", 2, "-7.0"],
    ["1.0000E+02", 50, "50.00"],
    ["1.25e-3", -2, "2.00125"],
    ["100", 100, "0.0"],
    ["1E300", 1, undefined],
    ["abc", 1, undefined],
    [".", 1, undefined],
  ];
  for (const [text, subtrahend, result] of cases) {
    const decimal = parseDecimal(text);
    expect(decimal && lessInteger(decimal, subtrahend)).toBe(result);
  }
});

test("a decimal less an integer is that of integers, scaled", () => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 }).map((list) => list.join(""));
  const scaled = (text: string, decimals: number) => {
    const [whole = "", fraction = ""] = text.replace("-", "").split(".");
    const magnitude = BigInt(whole + fraction.padEnd(decimals, "0"));
    return text.startsWith("-") ? -magnitude : magnitude;
  };
  fc.assert(
    fc.property(fc.constantFrom("", "-"), digits, digits, fc.integer(), (sign, whole, fraction, subtrahend) => {
      const text = `${sign}${whole}0.${fraction}`;
      const decimal = parseDecimal(text);
      const result = decimal === undefined ? "" : lessInteger(decimal, subtrahend);
      expect(result).toMatch(/^-?\d+\.\d+$/);
      expect(result.length - result.indexOf(".") - 1).toBe(Math.max(1, fraction.length));
      const decimals = Math.max(1, fraction.length);
      const difference = scaled(text, decimals) - scaled(String(subtrahend), decimals);
      expect(scaled(result, decimals)).toBe(difference);
    }),
  );
});

test("what an original's cutouts have in common is kept, unless it is larger than all else of an image", () => {
  const key = { extension: false };
  const long = (images: number) =>
    original("LONG    = 'a&'", ...Array<string>(images).fill(`CONTINUE  '${"a".repeat(66)}&'`), "CONTINUE  'z'");
  const [short, large] = [long(1000), long(10_000)];
  expect(cutoutHeaderTemplate(short, key)).toBe(cutoutHeaderTemplate(short, key));
  expect(cutoutHeaderTemplate(large, key)).not.toBe(cutoutHeaderTemplate(large, key));
});
