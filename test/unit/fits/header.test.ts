import { describe, expect, test } from "vitest";
import { createHeader, formatHeader, parseHeader, readHeader } from "../../../src/fits/header.ts";
import { formatCard } from "../../../src/fits/card-format.ts";
import { parseCards } from "../../../src/fits/card.ts";
import { readerOfBytes } from "../../../src/fits/byte-reader.ts";
import { ServiceError } from "../../../src/errors.ts";

/** The header of these lines, each filled up to 80 columns. */
function headerOf(...lines: string[]) {
  return parseHeader(bytesOf([...lines, "END"].map((line) => line.padEnd(80)).join("")));
}
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
  return "none";
}

describe("values", () => {
  // Each line is legal in FITS Standard 4.0, section 4.2, or common in real files; values by the standard's rules.
  test.each([
    ["X       =                    T", true],
    ["X       = F/no space", false],
    ["X       =                  -17 / c", -17],
    ["X       = +0042", 42],
    ["X       =                   -0", 0],
    ["X       =  9223372036854775808", 9223372036854775808n],
    ["X       =     9007199254740991", 9007199254740991],
    ["X       = 1.", 1],
    ["X       = .5E-1", 0.05],
    ["X       = -1.25D+03", -1250],
    ["X       = 1.25d3", 1250],
    ["X       = 3e2", 300],
    ["X       = 'abc     '", "abc"],
    ["X       = '  abc'", "  abc"],
    ["X       = ''", ""],
    ["X       = 'O''HARA / x' / c", "O'HARA / x"],
    ["X       = ''''", "'"],
    ["X       = 'no end / x", "no end / x"],
    ["X       = 'lower µ'", "lower µ"],
    ["X       =", undefined],
    ["X       =            / nothing", undefined],
    ["X       = (1.5, -2)", { real: 1.5, imaginary: -2 }],
    ["X       =                   16 bits per pixel", 16],
    ["X       = 2001-02-03", "2001-02-03"],
    ["X       = 1E999", "1E999"],
    ["X       = NaN", "NaN"],
    ["x       = 1", 1],
    ["HIERARCH ESO DET  NAME = 'N1' / c", "N1"],
  ])("%s", (line, value) => {
    const header = headerOf(line);
    const keyword = line.startsWith("HIERARCH") ? "ESO DET NAME" : "X";
    expect(header.has(keyword)).toBe(true);
    expect(header.get(keyword)).toEqual(value);
  });

  test("a number keeps the digits it was written with", () => {
    expect(headerOf("CRPIX1  = 5000.50000000000000001").find("CRPIX1")?.valueText).toBe("5000.50000000000000001");
  });

  test("without the value indicator in columns 9 and 10 there is no value", () => {
    const header = headerOf("X       =1", "COMMENT = 'not a value'", "HISTORY = 3", "        = 4");
    expect(header.has("X")).toBe(false);
    expect(header.has("COMMENT")).toBe(false);
    expect(header.cards.map((card) => card.comment)).toEqual(["=1", "= 'not a value'", "= 3", "= 4"]);
  });

  test("the first of several cards with one keyword counts", () => {
    expect(headerOf("X       = 1", "X       = 2").get("X")).toBe(1);
  });
});

describe("long strings", () => {
  test("pieces are joined and keep the spaces before &", () => {
    const header = headerOf(
      "STRKEY  = 'This keyword value is continued &'",
      "CONTINUE  ' over multiple keyword cards.  &'",
      "CONTINUE  '&' / The comment field for this",
      "CONTINUE  '' / keyword is also continued.",
      "Y       = 1",
    );
    expect(header.get("STRKEY")).toBe("This keyword value is continued  over multiple keyword cards.");
    expect(header.find("STRKEY")?.comment).toBe("The comment field for this keyword is also continued.");
    expect(header.find("STRKEY")?.raw.length).toBe(320);
    expect(header.get("Y")).toBe(1);
  });

  test("an & at the end without CONTINUE belongs to the string", () => {
    const header = headerOf("X       = 'salt &'", "Y       = 1", "CONTINUE  'alone'");
    expect(header.get("X")).toBe("salt &");
    expect(header.cards[2]?.keyword).toBe("CONTINUE");
  });
});

describe("typed look-ups", () => {
  const header = headerOf("S       = 'abc'", "N       = 1.5", "W       = 2.0", "B       = T", "U       =", "I = 1");

  test("an absent or undefined value is undefined", () => {
    expect(header.getNumber("NONE")).toBeUndefined();
    expect(header.getString("U")).toBeUndefined();
  });

  test("a value of another type is an error that quotes keyword and value", () => {
    expect(() => header.getNumber("S")).toThrow(/S = "abc"/);
    expect(codeOf(() => header.getNumber("S"))).toBe("corrupt-data");
    expect(codeOf(() => header.getInteger("N"))).toBe("corrupt-data");
    expect(codeOf(() => header.getString("N"))).toBe("corrupt-data");
    expect(codeOf(() => header.getBoolean("S"))).toBe("corrupt-data");
    expect(header.getInteger("W")).toBe(2);
    expect(header.getBoolean("B")).toBe(true);
  });
});

describe("reading", () => {
  const filler = (count: number) => Array.from({ length: count }, (_, i) => formatCard(`K${i}`, i));

  test("a header of 20 000 cards is read in few reads and no more than twice its size", async () => {
    const bytes = formatHeader(filler(20_000));
    const file = new Uint8Array(bytes.length * 4);
    file.set(bytes);
    let read = 0;
    let reads = 0;
    const inner = readerOfBytes("long.fits", file);
    const { header, byteLength } = await readHeader(
      { ...inner, read: (range) => ((read += range.length), reads++, inner.read(range)) },
      0,
    );
    expect(header.cards.length).toBe(20_000);
    expect(header.get("K19999")).toBe(19_999);
    expect(byteLength).toBe(bytes.length);
    expect(read).toBeLessThanOrEqual(2 * bytes.length);
    expect(reads).toBeLessThan(12);
  });

  test("a file that ends before END is corrupt", async () => {
    const bytes = formatHeader(filler(40)).subarray(0, 3000);
    await expect(readHeader(readerOfBytes("cut.fits", bytes), 0)).rejects.toMatchObject({ code: "corrupt-data" });
  });

  test("a header without end is over the limit after 16 MiB", async () => {
    let read = 0;
    const endless = {
      key: "endless.fits",
      byteLength: 2 ** 40,
      read: (range: { length: number }) => (
        (read += range.length),
        Promise.resolve(new Uint8Array(range.length).fill(32))
      ),
    };
    await expect(readHeader(endless, 0)).rejects.toMatchObject({ code: "over-limit" });
    expect(read).toBeLessThanOrEqual(16 * 1024 * 1024);
  });

  test("every card is copied byte for byte", () => {
    const lines = [
      "SIMPLE  =                    T",
      "odd\u0000\u00ff card  ",
      "X       = 'a&'",
      "CONTINUE  'b'",
      "",
      "COMMENT x",
    ];
    const bytes = formatHeader(parseCards(bytesOf(lines.map((line) => line.padEnd(80)).join(""))));
    expect(formatHeader(parseHeader(bytes).cards)).toEqual(bytes);
    expect(createHeader(parseHeader(bytes).cards).get("X")).toBe("ab");
  });
});
