import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ListLimits, ListTable } from "../../../src/ivoa/list-table.ts";
import { readVotable } from "../../../src/ivoa/read-votable.ts";

function readAll(text: string, limits: ListLimits): ListTable {
  const steps = readVotable(text, limits);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

const LIMITS = { maxRows: 100_000, maxColumns: 1000, maxCells: 2_000_000 };

function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/lists/${name}`, import.meta.url), "utf8");
}

type TruthRow = Readonly<Record<string, string | number | boolean | null | readonly number[]>>;
const truth = JSON.parse(fixture("truth.json")) as readonly TruthRow[];

/** What astropy read, of a cell that we read as text. */
function valueOf(cell: string, expected: TruthRow[string]): TruthRow[string] {
  if (cell === "") return typeof expected === "string" ? "" : null;
  if (typeof expected === "boolean") return cell === "1" || cell === "true" || cell === "T";
  if (Array.isArray(expected)) return cell.split(" ").map(Number);
  return typeof expected === "string" ? cell : Number(cell);
}

/** A VOTable of these fields and this DATA. */
function votable(fields: string, data: string): string {
  return `<VOTABLE version="1.4"><RESOURCE><TABLE>${fields}<DATA>${data}</DATA></TABLE></RESOURCE></VOTABLE>`;
}
const RA_DEC = '<FIELD name="ra" datatype="double"/><FIELD name="dec" datatype="double"/>';
const tabledata = (rows: string) => votable(RA_DEC, `<TABLEDATA>${rows}</TABLEDATA>`);
const read = (text: string) => readAll(text, LIMITS);
const cellsOf = (text: string) => read(text).rows.map(({ cells }) => cells);

describe("a VOTable", () => {
  it.each([
    ...["astropy-1.1-binary", "astropy-1.1-tabledata", "astropy-1.4-binary", "astropy-1.4-binary2"],
    ...["astropy-1.4-tabledata", "stilts-V11-BINARY", "stilts-V11-TABLEDATA", "stilts-V14-BINARY"],
    ...["stilts-V14-BINARY2", "stilts-V14-TABLEDATA"],
  ])("written as %s says what astropy reads in it", (name) => {
    const { columns, rows } = read(fixture(`${name}.xml`));
    expect(columns.map((column) => column.name)).toEqual(Object.keys(truth[0]));
    expect(columns[1].unit).toBe("deg");
    expect(rows).toHaveLength(truth.length);
    for (const [row, expected] of truth.entries()) {
      for (const [index, [name, value]] of Object.entries(expected).entries()) {
        const found = valueOf(rows[row].cells[index], value);
        // TABLEDATA has the shortest decimals of a 32-bit number.
        if (name === "flux") expect(Math.fround(found as number)).toBe(Math.fround(value as number));
        else expect([name, found]).toEqual([name, value]);
      }
    }
  });

  it("in FITS, or elsewhere, or packed, is refused, and nothing is fetched", () => {
    const stream = (attributes: string) => votable(RA_DEC, `<BINARY><STREAM ${attributes}>AAAA</STREAM></BINARY>`);
    for (const text of [
      fixture("stilts-V14-FITS.xml"),
      stream('href="http://example.org/"'),
      stream('encoding="gzip"'),
      stream(""),
      votable(RA_DEC, "<PARQUET/>"),
    ]) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: "unsupported" }));
    }
  });

  it("may have prefixes, comments, CDATA, references, blanks and elements without content", () => {
    const text = `<?xml version="1.0"?><!-- <TABLEDATA> --><v:VOTABLE xmlns:v="x"><v:RESOURCE><v:RESOURCE><v:TABLE>
      <v:FIELD name="a &amp; b" ID="x"/><v:FIELD ID="c"><v:DESCRIPTION><![CDATA[<TABLEDATA>]]></v:DESCRIPTION></v:FIELD>
      <v:DATA><v:TABLEDATA> <!-- - --> <v:TR ID="r"><v:TD> 1<!-- 2 -->3 </v:TD><v:TD><![CDATA[<x>&amp;]]>&#228;&#x4e;</v:TD></v:TR >
      <v:TR><v:TD/><v:TD encoding="base64"></v:TD></v:TR></v:TABLEDATA></v:DATA></v:TABLE></v:RESOURCE></v:RESOURCE></v:VOTABLE>`;
    const { columns, rows } = read(text);
    expect(columns.map(({ name }) => name)).toEqual(["a & b", "c"]);
    expect(rows.map(({ cells }) => cells)).toEqual([
      ["13", "<x>&amp;äN"],
      ["", ""],
    ]);
  });

  it("has its data in the first table that has any; what follows is not looked at", () => {
    const text = `<VOTABLE><RESOURCE type="meta"><TABLE><FIELD name="x"/></TABLE></RESOURCE><RESOURCE><TABLE>${RA_DEC}
      <DATA><TABLEDATA><TR><TD>1</TD><TD>2</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE><RESOURCE><TABLE><DATA><FITS/>`;
    expect(cellsOf(text)).toEqual([["1", "2"]]);
  });

  it("has no value where its null is, and NaN is none", () => {
    const fields = '<FIELD name="n" datatype="int"><VALUES null="-9"/></FIELD><FIELD name="x" datatype="double"/>';
    expect(
      cellsOf(votable(fields, "<TABLEDATA><TR><TD>-9</TD><TD>NaN</TD></TR><TR><TD>9</TD><TD>-9</TD></TR></TABLEDATA>")),
    ).toEqual([
      ["", ""],
      ["9", "-9"],
    ]);
  });

  it("tells of rows with too few or too many cells", () => {
    expect(read(tabledata("<TR><TD>1</TD></TR><TR/>")).rows.map(({ problem }) => problem)).toEqual([
      "it has 1 cells, and there are 2 fields",
      "it has 0 cells, and there are 2 fields",
    ]);
  });

  it.each([
    ["no VOTable at all", "<html><body/></html>"],
    ["a table without fields", votable("", "<TABLEDATA></TABLEDATA>")],
    ["data outside a table", "<VOTABLE><TABLEDATA><TR></TR></TABLEDATA></VOTABLE>"],
    ["data that are cut off in a row", tabledata("<TR><TD>1</TD></TR>").slice(0, -70)],
    ["data that are cut off behind a row", tabledata("<TR><TD>1</TD><TD>2</TD></TR>").split("</TABLEDATA>")[0]],
    ["text between rows", tabledata("x<TR></TR>")],
    ["a cell outside a row", tabledata("<TD>1</TD>")],
    ["elements in a cell", tabledata("<TR><TD><b>1</b></TD></TR>")],
    ["an entity of its own", `<!DOCTYPE x [<!ENTITY e "1">]>${tabledata("<TR><TD>&e;</TD><TD>1</TD></TR>")}`],
    ["an entity in a name", `<!DOCTYPE x [<!ENTITY e "1">]>${tabledata("").replace('"ra"', '"&e;"')}`],
    ["a comment without end", "<VOTABLE><!-- "],
    ["bytes that end inside a value", binary("AAAA")],
    ["a stream that is no base64", binary("????")],
    ["a stream without end", "<VOTABLE><RESOURCE><TABLE><DATA><BINARY><STREAM encoding='base64'>AAAA"],
    ["an unknown datatype", binary("AAAA", '<FIELD name="x" datatype="quad"/>')],
    ["rows without bytes", binary("AAAA", '<FIELD name="x" datatype="char" arraysize="0"/>')],
    ["a count below 0", binary("/////w==", '<FIELD name="x" datatype="char" arraysize="*"/>')],
    ["a count beyond the end", binary("f////w==", '<FIELD name="x" datatype="bit" arraysize="*"/>')],
  ])("with %s is refused", (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  function binary(base64: string, fields = RA_DEC): string {
    return votable(fields, `<BINARY><STREAM encoding="base64">${base64}</STREAM></BINARY>`);
  }

  it("is bounded: rows, columns, cells, and what comes before its data", () => {
    const limits = { maxRows: 3, maxColumns: 3, maxCells: 5 };
    const rows = (count: number) => "<TR><TD>1</TD><TD>2</TD></TR>".repeat(count);
    expect(readAll(tabledata(rows(2)), limits).rows).toHaveLength(2);
    for (const text of [
      tabledata(rows(3)),
      tabledata(rows(4)),
      votable(RA_DEC + RA_DEC, "<TABLEDATA/>"),
      binary("A".repeat(64)),
      `<VOTABLE>${" ".repeat(600_000)}<RESOURCE/></VOTABLE>`,
    ]) {
      expect(() => readAll(text, limits)).toThrow(expect.objectContaining({ code: "over-limit" }));
    }
  });

  it("may describe a thousand fields, and is refused where its head is more than that", () => {
    const field = (i: number) =>
      `<FIELD name="c${i}" datatype="int" unit="s" ucd="x"><DESCRIPTION>${"a = b ".repeat(50)}</DESCRIPTION><VALUES null="-1"/></FIELD>`;
    const fields = Array.from({ length: 1000 }, (_, i) => field(i)).join("");
    expect(read(votable(fields, "<TABLEDATA/>")).columns).toHaveLength(1000);
    for (const head of [
      `${RA_DEC}${"<PARAM/>".repeat(5000)}`,
      `${RA_DEC}<PARAM ${Array.from({ length: 10_000 }, (_, i) => `a${i}="1"`).join(" ")}/>`,
      `${RA_DEC}<INFO>${"x".repeat(300_000)}</INFO>`,
    ]) {
      expect(() => read(votable(head, "<TABLEDATA/>"))).toThrow(expect.objectContaining({ code: "over-limit" }));
    }
  });

  it("keeps rows and cells short, and reads base64 in pieces", () => {
    const cell = "x".repeat(70_000);
    for (const rows of [
      `<TR><TD>${cell}</TD><TD/></TR>`,
      `<TR><TD><![CDATA[${cell}]]></TD><TD/></TR>`,
      `<TR>${"<TD/>".repeat(100_000)}</TR>`,
    ]) {
      expect(() => read(tabledata(rows))).toThrow(expect.objectContaining({ code: "over-limit" }));
    }
    const stream = (letters: string) =>
      votable(
        '<FIELD name="x" datatype="short" arraysize="3"/>',
        `<BINARY><STREAM encoding="base64">${letters}</STREAM></BINARY>`,
      );
    const bytes = Buffer.from(Uint16Array.from({ length: 30_000 * 3 }, (_, i) => i % 30_000).buffer).swap16();
    const lines = bytes.toString("base64").replace(/.{76}/g, "$&\r\n");
    expect(cellsOf(stream(lines))).toEqual(
      Array.from({ length: 30_000 }, (_, i) => [[3 * i, 3 * i + 1, 3 * i + 2].map((v) => v % 30_000).join(" ")]),
    );
    expect(() => read(stream(`AA==${lines}`))).toThrow(/no base64/);
    const long = '<FIELD name="x" datatype="double" arraysize="*"/>';
    const letters = Buffer.concat([Buffer.from([0, 0, 0x10, 0]), Buffer.alloc(32_768)]).toString("base64");
    expect(() => read(votable(long, `<BINARY><STREAM encoding="base64">${letters}</STREAM></BINARY>`))).toThrow(
      expect.objectContaining({ code: "over-limit" }),
    );
  });

  it("is refused at once where it is made to take long", () => {
    const many = 300_000;
    const laughs = Array.from({ length: 20 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join("");
    for (const text of [
      `<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]>${tabledata("<TR><TD>&l20;</TD><TD>1</TD></TR>")}`,
      "<VOTABLE>".repeat(many),
      `${"<VOTABLE>".repeat(90)}<TABLEDATA>`,
      "<".repeat(many),
      "<!--".repeat(many),
      "<![CDATA[".repeat(many),
      "<STREAM".repeat(many),
      "<BINARY><STREAM ".repeat(many),
      `<VOTABLE ${"a='1' ".repeat(many)}><TABLEDATA/>`,
      `<VOTABLE ${"<FIELD/>".repeat(50_000)}><TABLEDATA/>`,
      `<!DOCTYPE x [${"<!ENTITY a '1'>".repeat(20_000)}]>`,
      tabledata("<TR>".repeat(many)),
      tabledata("<TR/>".repeat(many)),
      tabledata(`<TR><TD>${"&".repeat(many)}`),
      tabledata(`<TR><TD>${"&#1".repeat(many)}</TD>`),
      tabledata(`<TR>${"<TD/>".repeat(many)}</TR`),
      tabledata(`<TR><TD>${"<!--x-->".repeat(many)}</TD><TD/></TR><`),
      tabledata(" ".repeat(5e6)) + "<",
      binary("A".repeat(5e6), '<FIELD name="x" datatype="bit"/>'),
      binary("A".repeat(5e6), '<FIELD name="x" datatype="char" arraysize="*"/>'),
    ]) {
      const started = performance.now();
      expect(
        () => {
          if (read(text).rows.every(({ problem }) => problem === undefined)) throw new Error("It was read");
        },
        text.slice(0, 60),
      ).toThrow(/^Cannot use the list|It was read/);
      expect(performance.now() - started, text.slice(0, 60)).toBeLessThan(3000);
    }
  });
});
