import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../../src/errors.ts";
import { Parameters } from "../../../src/ivoa/parameters.ts";
import type { CoordinateList } from "../../../src/jobs/coordinate-list.ts";
import { parseCoordinateList, readColumnMapping, readCoordinateList } from "../../../src/jobs/parse-coordinate-list.ts";

const LIMITS = { maxBytes: 20e6, maxRows: 100_000, maxColumns: 500, maxCells: 2e6, maxReportedRows: 5 };

/** All steps at once. */
function finish<T>(steps: Generator<undefined, T, undefined>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

type Options = { mediaType?: string; columns?: Record<string, string>; limits?: Partial<typeof LIMITS> };

function parse(list: string | Uint8Array, { mediaType = "", columns = {}, limits = {} }: Options = {}): CoordinateList {
  const bytes = typeof list === "string" ? new TextEncoder().encode(list) : list;
  const mapping = readColumnMapping(new Parameters(Object.entries(columns)));
  return finish(readCoordinateList({ bytes, mediaType, mapping, limits: { ...LIMITS, ...limits } }));
}

/** `id ra dec` of each row. */
function told(list: CoordinateList): string[] {
  return list.rows.map(({ number, id, position }) => `${number} ${id} ${position.raDegrees} ${position.decDegrees}`);
}

const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

describe("a list as LIneA writes it", () => {
  it("works as it is: meta_id names the row, and every column is carried through", () => {
    const list = parse(
      "meta_id,ra,dec,_meta_rating_id,_meta_rating,_meta_reject_id,_meta_reject\r\n" +
        "1105,36.30911,-10.18749,,,12,true\r\n1106,0.5,-0.5,7,5,,\r\n",
      { mediaType: "text/csv" },
    );
    expect(list.rows).toEqual([
      {
        number: 1,
        id: "1105",
        position: { raDegrees: 36.30911, decDegrees: -10.18749 },
        overrides: [],
        columns: {
          ...{ meta_id: "1105", ra: "36.30911", dec: "-10.18749", _meta_rating_id: "", _meta_rating: "" },
          ...{ _meta_reject_id: "12", _meta_reject: "true" },
        },
      },
      expect.objectContaining({ number: 2, id: "1106" }),
    ]);
  });
});

describe("CSV", () => {
  it.each([
    ["ra,dec\n1,2\n3,4", ["1 null 1 2", "2 null 3 4"]],
    ["1,2\n3,4\n", ["1 null 1 2", "2 null 3 4"]],
    ["a,1,2\nb,3,4", ["1 a 1 2", "2 b 3 4"]],
    ["7,1,2", ["1 7 1 2"]],
    ["x;1;2\ny;3;4", ["1 x 1 2", "2 y 3 4"]],
    ["  1   2\n 3 4 \n", ["1 null 1 2", "2 null 3 4"]],
    ["dec ra name\n2 1 x", ["1 x 1 2"]],
    ["DEC\tRA\tID\n2\t1\tx", ["1 x 1 2"]],
    ["\ufeffRa , Dec\r\n1 , 2\r\n\r\n", ["1 null 1 2"]],
    ["# a comment\nra,dec\n# another, with, commas\n1,2\n   \n3,4", ["1 null 1 2", "2 null 3 4"]],
    ["ra,dec\r1,2\r3,4\r", ["1 null 1 2", "2 null 3 4"]],
    ['"id","ra","dec"\n"a ""b"", c\nd",1,"2"\ne,3,4', ['1 a "b", c\nd 1 2', "2 e 3 4"]],
    ['name,ra,dec\n5" star,1,2', ['1 5" star 1 2']],
    ["02:30:00.0,-10 30 00\n", ["1 null 37.5 -10.5"]],
    ["id,ra,dec\nx,2h30m00.0s,-10d30m00s\n", ["1 x 37.5 -10.5"]],
    ["ra,dec\n360,-0", ["1 null 0 0"]],
  ])("%j is %j", (text, rows) => {
    expect(told(parse(text))).toEqual(rows);
    expect(told(parse(text, { mediaType: text.includes("\t") ? "text/tab-separated-values" : "text/csv" }))).toEqual(
      rows,
    );
  });

  it("has a header, or none, where its media type says so", () => {
    expect(told(parse("1,2\n3,4", { mediaType: "text/csv; header=absent" }))).toEqual(["1 null 1 2", "2 null 3 4"]);
    expect(() => parse("1,2\n3,4", { mediaType: "text/csv; header=present" })).toThrow(/RA_COLUMN/);
    expect(() => parse("a,b,1,2", { mediaType: "text/csv; header=absent" })).toThrow(/id,ra,dec/);
  });

  it("is what STILTS writes", () => {
    const text = readFileSync(new URL("../../fixtures/lists/stilts.csv", import.meta.url));
    const list = parse(text);
    expect(told(list)[0]).toBe("1 9007199254740993 36.30911 -10.18749");
    expect(list.rows.map(({ columns }) => columns.word)).toEqual(["é", "日本", "x", "y", "ζ Ret"]);
    expect(list.rows[2].columns.name).toBe('say "x"');
  });

  it("may be UTF-16 with a byte order mark", () => {
    const bytes = Uint8Array.from([0xff, 0xfe, ...Buffer.from("ra,dec\n1,2", "utf16le")]);
    expect(told(parse(bytes))).toEqual(["1 null 1 2"]);
  });
});

describe("JSON", () => {
  it.each([
    ['[{"ra": 1, "dec": 2, "id": "a"}, {"ra": "02:00:00", "dec": -3, "id": null}]', ["1 a 1 2", "2 null 30 -3"]],
    ['{"rows": [{"RA": 1, "Dec": 2, "x": true}], "more": 1}', ["1 null 1 2"]],
    ['{"columns": ["name", "RAJ2000", "DEJ2000"], "data": [["a", 1, 2]]}', ["1 a 1 2"]],
    ['{"columns": [{"name": "ra", "unit": "hourangle"}, "dec"], "data": [[2, 3]]}', ["1 null 30 3"]],
  ])("%s is %j", (text, rows) => {
    expect(told(parse(text, { mediaType: "application/json" }))).toEqual(rows);
    expect(told(parse(text))).toEqual(rows);
  });

  it.each(["{}", "[1", "1", "null", '"ra,dec"', '{"rows": 1}', '{"columns": [1], "data": []}', '{"columns": ["ra"]}'])(
    "%s is refused",
    (text) => {
      expect(() => parse(text, { mediaType: "application/json" })).toThrow(refused("usage", /^Cannot use the list/));
    },
  );

  it("names rows that are no rows, and identifiers that JSON has rounded", () => {
    const rows = '[1, [], {"ra": {}, "dec": 1}, {"ra": 1, "dec": 2, "source_id": 4295806720123456789}]';
    expect(() => parse(rows)).toThrow(
      refused("usage", /4 of its 4 rows.*row 1: .*object; row 2: .*object; row 3: "ra" is.*row 4: "source_id".*digits/),
    );
    expect(() => parse('{"columns": ["ra", "dec"], "data": [[1], 2]}')).toThrow(refused("usage", /row 1: .*; row 2: /));
  });

  it("is all that JSON.parse takes, and no more", () => {
    const row = fc.record({ ra: fc.constant(1), dec: fc.constant(2), 'a\\"[,]{:}': fc.string({ unit: "binary" }) });
    const blank = fc.constantFrom("", " ", "\n\t", "\r");
    const damage = fc.tuple(
      fc.nat(400),
      fc.constantFrom("", "", "", ",", "]", "[", "}", "{", ":", '"', "1", "\\", "\f"),
    );
    const document = fc.tuple(fc.array(row, { minLength: 1, maxLength: 4 }), blank, fc.nat(3), damage).map((parts) => {
      const [rows, space, kind, [at, letter]] = parts;
      const shown = kind === 0 ? rows : kind === 1 ? { rows, more: [{ x: [null] }] } : { more: "]", rows };
      const text = space + JSON.stringify(shown, null, space.trim() === "" ? space : "") + space;
      return text.slice(0, at) + letter + text.slice(at);
    });
    fc.assert(
      fc.property(document, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        let reason = "";
        try {
          parse(text, { mediaType: "application/json" });
        } catch (error) {
          reason = (error as Error).message;
        }
        expect(reason.includes("no JSON"), reason).toBe(!isJson);
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps a column of any name", () => {
    const [row] = parse('[{"ra": 1, "dec": 2, "__proto__": "x", "constructor": "y"}]').rows;
    expect(Object.entries(row.columns)).toEqual([
      ...[
        ["ra", "1"],
        ["dec", "2"],
      ],
      ...[
        ["__proto__", "x"],
        ["constructor", "y"],
      ],
    ]);
  });
});

describe("a VOTable", () => {
  it.each(["astropy-1.1-binary", "astropy-1.4-binary2", "stilts-V14-TABLEDATA"])("%s is read", (name) => {
    const list = parse(readFileSync(new URL(`../../fixtures/lists/${name}.xml`, import.meta.url)));
    expect(told(list)).toEqual([
      "1 9007199254740993 36.30911 -10.18749",
      "2 -2 0 -90",
      "3 3 359.9999999 89.99999999",
      "4 4 12.5 0",
      "5 5 180.25 45.125",
    ]);
  });

  const table = (fields: string, cells: readonly string[]) =>
    `<VOTABLE><RESOURCE><TABLE>${fields}<DATA><TABLEDATA><TR>${cells.map((cell) => `<TD>${cell}</TD>`).join("")}</TR></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>`;

  it("has its columns by UCD where their names say nothing, and by unit what they count", () => {
    const fields =
      '<FIELD name="k" ucd="meta.id;meta.main"/><FIELD name="y" unit="deg" ucd="pos.eq.dec;meta.main"/>' +
      '<FIELD name="x" unit="hourangle" ucd="POS.EQ.RA;META.MAIN"/><FIELD name="size" unit="arcsec"/>';
    const list = parse(table(fields, ["a", "1", "2", "90"]));
    expect(told(list)).toEqual(["1 a 30 1"]);
    expect(list.rows[0].overrides).toEqual([["SIZE", "1.5"]]);
  });

  it("takes VizieR's own positions before the catalogue's sexagesimal ones", () => {
    const fields = ["_RAJ2000", "_DEJ2000", "RAJ2000", "DEJ2000"].map((name) => `<FIELD name="${name}"/>`).join("");
    expect(told(parse(table(fields, ["30", "1", "02 00 01", "+01 00 02"])))).toEqual(["1 null 30 1"]);
  });

  it.each([
    ["ICRS", "", true],
    ["eq_FK5", "J2000", true],
    ["FK5", "2000.0", true],
    ["", "", true],
    ["eq_FK5", "J1975", false],
    ["eq_FK4", "B1950", false],
    ["galactic", "", false],
  ])("in the frame %s %s is read: %s", (system, equinox, isGood) => {
    const fields = '<FIELD name="ra" ref="f"/><FIELD name="dec" ref="f"/>';
    const attributes = `ID="f" system="${system}" ${equinox === "" ? "" : `equinox="${equinox}"`}`;
    const text = table(fields, ["1", "2"]).replace("<RESOURCE>", `<RESOURCE><COOSYS ${attributes}/>`);
    if (isGood) expect(told(parse(text))).toEqual(["1 null 1 2"]);
    else expect(() => parse(text)).toThrow(refused("usage", /"ra" is in ".*ICRS/));
  });

  it.each(["rad", "arcsec", "constructor"])("in %s is refused", (unit) => {
    const fields = `<FIELD name="ra" unit="${unit}"/><FIELD name="dec" unit="${unit}"/>`;
    expect(() => parse(table(fields, ["1", "1"]))).toThrow(refused("usage", /"ra" is in .*deg or hourangle/));
  });
});

describe("columns", () => {
  it.each([
    ["RAJ2000", "DEJ2000"],
    ["_RAJ2000", "_DEJ2000"],
    ["ALPHA_J2000", "DELTA_J2000"],
    ["alphawin_j2000", "deltawin_j2000"],
    ["RA_ICRS", "DE_ICRS"],
    ["ra (deg)", "dec (deg)"],
    ["s_ra", "s_dec"],
    ["Right Ascension", "Declination"],
  ])("are known as %s, %s", (ra, dec) => {
    expect(told(parse(`${dec},OBJECT_ID,${ra}\n2,x,1`))).toEqual(["1 x 1 2"]);
  });

  it("can be named by parameters, in any case", () => {
    const columns = { RA_COLUMN: "lon", Dec_Column: "LAT", ID_COLUMN: "key", SIZE_COLUMN: "w", FILTER_COLUMN: "b" };
    const list = parse("lon,lat,key,w,b,ra,dec\n1,2,k,3x4,gr,9,9", { columns });
    expect(told(list)).toEqual(["1 k 1 2"]);
    expect(list.rows[0].overrides).toEqual([
      ["SIZE", "3 4"],
      ["FILTER", "gr"],
    ]);
    expect(() => parse("ra,dec\n1,2", { columns: { RA_COLUMN: "lon" } })).toThrow(
      refused("usage", /RA_COLUMN "lon".*"ra", "dec"/),
    );
    expect(() => parse("1,2\n3,4", { columns: { RA_COLUMN: "lon" } })).toThrow(/"1", "2"/);
  });

  it("of size, filter and format are a row's own parameters where they say something", () => {
    const list = parse("ra,dec,size,filter,format\n1,2,,g,\n1,2,0.5,,fits\n1,2,2 x 3,g r,image/fits\n", {});
    expect(list.rows.map(({ overrides }) => overrides)).toEqual([
      [["FILTER", "g"]],
      [
        ["SIZE", "0.5"],
        ["RESPONSEFORMAT", "application/fits"],
      ],
      [
        ["SIZE", "2 3"],
        ["FILTER", "g,r"],
        ["RESPONSEFORMAT", "image/fits"],
      ],
    ]);
    expect(() => parse("ra,dec,size,format\n1,2,-1,\n1,2,,doc")).toThrow(
      refused("usage", /line 2: .*SIZE.*line 3: .*"doc"/),
    );
  });

  it("without RA or Dec are told", () => {
    expect(() => parse("a,b,c\n1,2,3")).toThrow(refused("usage", /"a", "b", "c".*RA_COLUMN/));
    expect(() => parse("ra,b\n1,2")).toThrow(refused("usage", /DEC_COLUMN/));
  });

  it("with one name twice, or none, keep their cells", () => {
    const [row] = parse("ra,dec,x,x,,\n1,2,3,4,5,6").rows;
    expect(row.columns).toEqual({ ra: "1", dec: "2", x: "3", x_2: "4", column_5: "5", column_6: "6" });
  });
});

describe("a list with wrong rows", () => {
  it("is refused as a whole, with each of them by line, and the rest by number", () => {
    const rows = ["1,2", "x,2", "1,91", "1", "1,2,3", "-1,2", "1,", "361,2", "1,2"];
    expect(() => parse(`# comment\nra,dec\n${rows.join("\n")}`)).toThrow(
      refused(
        "usage",
        new RegExp(
          [
            /^Cannot use the list: 7 of its 9 rows are wrong: line 4: as RA "x" is neither .*; /,
            /line 5: as Dec "91" lies outside .*; line 6: it has 1 cell, and 2 are needed; /,
            /line 7: it has 3 cells, .*; line 8: as RA "-1" .* 360 degrees; and 2 more: lines 9–10$/,
          ]
            .map(({ source }) => source)
            .join(""),
        ),
      ),
    );
  });

  it("names as many of them as some kilobytes hold", () => {
    const wrong = (rows: readonly string[]) => {
      try {
        parse(`ra,dec\n${rows.join("\n")}`);
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(wrong([...Array<string>(400).fill("x,1"), "1,2", "x,1", "x,1"])).toMatch(
      /; and 397 more: lines 7–401, 403–404$/,
    );
    const message = wrong(Array<string>(20_000).fill("x,1\n1,2"));
    expect(message).toMatch(/; and 19995 more: lines 12, 14, 16.*, and \d+ beyond$/);
    expect(message.length).toBeLessThan(5000);
  });

  it.each([
    ["", /empty/],
    ["\n\n# x\n", /empty/],
    ["ra,dec\n", /no rows/],
    ["[]", /no rows/],
    ['ra,dec\n"1,2\n', /line 2 .*never closed/],
    ['ra,dec\n"1"x,2\n', /line 2 .*closing quote/],
    [`${"x".repeat(200)},ra,dec\n1,2,3`, /column 1 has 200 characters/],
  ])("that is %j is refused", (text, message) => {
    expect(() => parse(text)).toThrow(refused("usage", message));
  });

  it("that is no text says so", () => {
    expect(() => parse(Uint8Array.from([0x72, 0x61, 0xff, 0xfe]))).toThrow(refused("usage", /no text in utf-8/));
    expect(() => parse("SIMPLE  =                    T")).toThrow(refused("unsupported", /FITS/));
    expect(() => parse(Uint8Array.from([0x1f, 0x8b, 8]))).toThrow(refused("unsupported", /gzip/));
  });
});

describe("limits", () => {
  it.each([
    ["bytes", { maxBytes: 10 }],
    ["rows", { maxRows: 2 }],
    ["columns", { maxColumns: 2 }],
    ["cells", { maxCells: 8 }],
  ])("of %s are kept", (_, limits) => {
    for (const text of [
      "id,ra,dec\na,1,2\nb,3,4\nc,5,6",
      '[{"id":"a","ra":1,"dec":2},{"id":"b","ra":1,"dec":2},{"x":1}]',
    ]) {
      expect(() => parse(text, { limits })).toThrow(refused("over-limit", /./));
      expect(parse(text.replace(/,?\{"x":1\}/, "")).rows.length).toBeGreaterThan(1);
    }
  });

  it("keep names from being stored in too many rows", () => {
    const text = `ra,dec,${Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(100, "x")).join(",")}\n${`1,2${",".repeat(50)}\n`.repeat(1000)}`;
    expect(() => parse(text, { limits: { maxBytes: 100_000 } })).toThrow(refused("over-limit", /names/));
  });
});

describe("any bytes", () => {
  const words = [
    ...[
      "ra",
      "dec",
      "id",
      ",",
      ";",
      "\t",
      "\n",
      "\r\n",
      '"',
      '""',
      "#",
      " ",
      "1",
      "-10.5",
      "02:25:14",
      "2h",
      "NaN",
      "\0",
    ],
    ...["[", "]", "{", "}", ":", '"ra":', '"dec":', '"rows":', '"columns":', '"data":', "null", "1e999", "\\ud800"],
    ...["<VOTABLE>", "<RESOURCE>", "<TABLE>", '<FIELD name="ra"/>', '<FIELD name="dec" datatype="double"/>', "<DATA>"],
    ...[
      "<TABLEDATA>",
      "<TR>",
      "<TD>",
      "</TD>",
      "</TR>",
      "</TABLEDATA>",
      "<BINARY>",
      "<BINARY2>",
      "<TD/>",
      "&amp;",
      "&x;",
    ],
    ...[
      '<STREAM encoding="base64">',
      "</STREAM>",
      "AAAA",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<!DOCTYPE x [",
      "\ufeff",
    ],
  ];
  const text = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...words) }, fc.string({ maxLength: 8 })), {
    maxLength: 60,
  });
  const start = fc.constantFrom("", "ra,dec\n", "[", '{"rows":[', "<VOTABLE><RESOURCE><TABLE>", '<?xml encoding="x"?>');
  const list = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(start, text).map(([first, parts]) => Buffer.from(first + parts.join(""))) },
    fc.uint8Array({ maxLength: 300 }),
  );

  it("are a list, or refused with a reason", () => {
    const mediaType = fc.constantFrom("", "text/csv", "application/json", "text/xml", "text/tab-separated-values");
    fc.assert(
      fc.property(list, mediaType, (bytes, type) => {
        try {
          const { rows } = parse(bytes, { mediaType: type });
          return rows.every(
            ({ position: { raDegrees: ra, decDegrees: dec } }) => ra >= 0 && ra < 360 && Math.abs(dec) <= 90,
          );
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          return ["usage", "over-limit", "unsupported"].includes(error.code) && error.message.length < 3000;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("take no time to be refused, or read, where they are megabytes", () => {
    const many = 1_000_000;
    const lists: Record<string, string> = {
      "one long line": "x".repeat(10 * many),
      "100,000 columns": `ra,dec${",x".repeat(100_000)}\n1,2`,
      "a row of 5 million cells": `ra,dec\n${"1,".repeat(5 * many)}`,
      quotes: `ra,dec\n${'"'.repeat(5 * many)}`,
      "quoted cells": `ra,dec\n${'"1",'.repeat(many)}`,
      "quoted lines": `ra,dec\n${'"1\n",2\n'.repeat(300_000)}`,
      "empty lines": "\n".repeat(10 * many),
      blanks: " ".repeat(10 * many),
      comments: "#\n".repeat(5 * many),
      "wrong rows": `ra,dec\n${"x,y\n".repeat(90_000)}`,
      "deep JSON": "[".repeat(5 * many),
      "deep closed JSON": `${"[".repeat(many)}${"]".repeat(many)}`,
      "deep JSON cell": `[{"ra":${"[".repeat(100_000)}${"]".repeat(100_000)}}]`,
      "a JSON object of many keys": `[{${Array.from({ length: 300_000 }, (_, i) => `"${i}":1`).join(",")}}]`,
      "many JSON objects with keys of their own": `[${Array.from({ length: 99_000 }, (_, i) => `{"${i}":1}`).join(",")}]`,
      "rows without cells": `[{"ra":1,"dec":2${Array.from({ length: 400 }, (_, i) => `,"x${i}":1`).join("")}}${",{}".repeat(90_000)}]`,
      numbers: "9".repeat(10 * many),
      "one string": `["${"\\u0000".repeat(many)}"]`,
    };
    for (const [name, text] of Object.entries(lists)) {
      const started = performance.now();
      expect(() => {
        parse(text);
        throw new Error("It was read");
      }, name).toThrow(/^Cannot use the list|It was read/);
      expect(performance.now() - started, name).toBeLessThan(3000);
    }
  });

  it("are refused after few steps, or read in many", async () => {
    const many = 1_000_000;
    const refusedLists: Record<string, string> = {
      quotes: '"'.repeat(5 * many),
      "a quoted cell": `ra,dec\n"${"x".repeat(5 * many)}",1`,
      "one long line": "x,".repeat(5 * many),
      "empty lines": "\n".repeat(5 * many),
      "empty lines of an old Macintosh": "\r".repeat(5 * many),
      comments: "#\n".repeat(5 * many),
      "one comment": `#${"x".repeat(5 * many)}`,
      "deep JSON": "[".repeat(5 * many),
      "blank JSON": `[${" ".repeat(5 * many)}]`,
      "a JSON row": `[{"ra":"${"1".repeat(5 * many)}"}]`,
      "JSON rows": `[${"1,".repeat(2 * many)}1]`,
      "a JSON member": `{"x":"${"1".repeat(5 * many)}","rows":[]}`,
      "JSON columns": `{"columns":[${"1,".repeat(100_000)}1],"data":[]}`,
      "a JSON row of many cells": `[[${"1,".repeat(100_000)}1]]`,
    };
    const limits = { ...LIMITS, maxRows: 1000 };
    const stepsOf = (text: string) => {
      const mediaType = /^[[{]/.test(text) ? "application/json" : "text/csv";
      return readCoordinateList({ bytes: new TextEncoder().encode(text), mediaType, mapping: {}, limits });
    };
    for (const [name, text] of Object.entries(refusedLists)) {
      const steps = stepsOf(text);
      let count = 0;
      expect(() => {
        while (steps.next().done !== true) count++;
      }, name).toThrow(refused(name === "deep JSON" ? "usage" : "over-limit", /^Cannot use the list/));
      expect(count, name).toBeLessThan(1100); // pieces of text, and rows up to the limit
    }
    for (const row of ["1,2", '"1","2"']) {
      let count = 0;
      for (const steps = stepsOf(`ra,dec\n${`${row}\n`.repeat(1000)}`); steps.next().done !== true; ) count++;
      expect(count).toBeGreaterThan(1999);
    }
    const rows = await parseCoordinateList({
      bytes: new TextEncoder().encode("1,2"),
      mediaType: "",
      mapping: {},
      limits,
    });
    expect(told(rows)).toEqual(["1 null 1 2"]);
  });

  it("that are 50,000 good rows are read in well under a second", () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => [
      `id${i}`,
      (i * 0.0071).toFixed(5),
      (i / 1000 - 25).toFixed(4),
    ]);
    const fields = ["id", "ra", "dec"].map((name) => `<FIELD name="${name}" datatype="char" arraysize="*"/>`).join("");
    const lists = {
      csv: `id,ra,dec\n${rows.map((row) => row.join(",")).join("\n")}`,
      quoted: `id,ra,dec\n${rows.map((row) => row.map((cell) => `"${cell}"`).join(",")).join("\n")}`,
      json: JSON.stringify(rows.map(([id, ra, dec]) => ({ id, ra: Number(ra), dec: Number(dec) }))),
      votable: `<VOTABLE><RESOURCE><TABLE>${fields}<DATA><TABLEDATA>${rows.map((row) => `<TR>${row.map((cell) => `<TD>${cell}</TD>`).join("")}</TR>`).join("\n")}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>`,
    };
    for (const [name, text] of Object.entries(lists)) {
      const started = performance.now();
      const list = parse(text);
      const milliseconds = performance.now() - started;
      expect(list.rows).toHaveLength(50_000);
      expect(list.rows[49_999].id).toBe("id49999");
      if (process.env.SHOW_TIMES !== undefined) console.log(name, text.length, milliseconds.toFixed(0));
      expect(milliseconds, name).toBeLessThan(5000); // a machine may be busy
    }
  });
});
