import { describe, expect, it } from "vitest";
import {
  formatVoTable,
  formatVoTableChunks,
  formatVoTableError,
  type ResultsTable,
  type VoCell,
  type VoField,
} from "../../src/ivoa/votable.ts";
import { readVoTable } from "../support/read-votable.ts";

const FIELDS: readonly VoField[] = [
  { name: "name", id: "name", datatype: "char", arraysize: "*", ucd: "meta.id", description: "A < B & C" },
  { name: "flux", datatype: "double", unit: "Jy", utype: "x:y" },
  { name: "count", datatype: "int" },
  { name: "bytes", datatype: "long" },
  { name: "good", datatype: "boolean" },
  { name: "shape", datatype: "double", arraysize: "3", xtype: "circle", unit: "deg" },
];

function table(rows: readonly (readonly VoCell[])[], changes: Partial<Pick<ResultsTable, "infos" | "overflow">> = {}) {
  return { results: { infos: [], fields: FIELDS, rows, ...changes }, services: [] };
}

const cellsOf = (row: readonly VoCell[]) => Object.values(readVoTable(formatVoTable(table([row]))).rows[0] ?? {});

describe("VOTable", () => {
  it("VOT-1: is version 1.4 in the namespace of 1.3", () => {
    const text = formatVoTable(table([]));
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<VOTABLE version="1\.4" /);
    expect(text).toContain('xmlns="http://www.ivoa.net/xml/VOTable/v1.3"');
    expect(readVoTable(text).rows).toEqual([]);
  });

  it("DALI-19a: QUERY_STATUS stands before the table, with the other INFOs after it", () => {
    const { infos, laterInfos } = readVoTable(formatVoTable(table([], { infos: [{ name: "a", value: "b" }] })));
    expect(infos.map(({ name, value }) => [name, value])).toEqual([
      ["QUERY_STATUS", "OK"],
      ["a", "b"],
    ]);
    expect(laterInfos).toEqual([]);
  });

  it("DALI-19a: OVERFLOW comes after the table", () => {
    const { infos, laterInfos } = readVoTable(formatVoTable(table([["a"]], { overflow: () => true })));
    expect(infos[0]?.value).toBe("OK");
    expect(laterInfos).toEqual([{ name: "QUERY_STATUS", value: "OVERFLOW", text: "" }]);
    expect(readVoTable(formatVoTable(table([["a"]], { overflow: () => false }))).laterInfos).toEqual([]);
  });

  it("DALI-19a: the text of an error is the content of QUERY_STATUS", () => {
    const { infos, fields } = readVoTable(formatVoTableError('UsageFault: "<&>"', [{ name: "x", value: "y" }]));
    expect(infos).toEqual([
      { name: "QUERY_STATUS", value: "ERROR", text: 'UsageFault: "<&>"' },
      { name: "x", value: "y", text: "" },
    ]);
    expect(fields).toEqual([]);
  });

  it("VOT-1: fields keep what is said of them", () => {
    const { fields } = readVoTable(formatVoTable(table([])));
    expect(fields[0]).toEqual({ name: "name", ID: "name", datatype: "char", arraysize: "*", ucd: "meta.id" });
    expect(fields[1]).toEqual({ name: "flux", datatype: "double", unit: "Jy", utype: "x:y" });
    expect(fields[5]).toEqual({ name: "shape", datatype: "double", arraysize: "3", xtype: "circle", unit: "deg" });
    expect(formatVoTable(table([]))).toContain("<DESCRIPTION>A &lt; B &amp; C</DESCRIPTION>");
  });

  it("VOT-1: null is an empty cell, of every type; a missing cell is null", () => {
    expect(cellsOf([null, null, null, null, null, null])).toEqual(["", "", "", "", "", ""]);
    expect(cellsOf([])).toEqual(["", "", "", "", "", ""]);
  });

  it("VOT-1: numbers are read back as they were", () => {
    const long = 2n ** 62n + 1n;
    const cells = cellsOf(["a", 0.1 + 0.2, -0, long, true, [1 / 3, -90, 1e-300]]);
    expect(Number(cells[1])).toBe(0.1 + 0.2);
    expect(BigInt(cells[3] ?? "")).toBe(long);
    expect(cells[4]).toBe("true");
    expect(cells[5]?.split(" ").map(Number)).toEqual([1 / 3, -90, 1e-300]);
  });

  // VOTable 1.4, section 6: NaN, +Inf and -Inf.
  it.each([
    [NaN, "NaN"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
  ])("VOT-1: %d is written as VOTable writes it", (value, text) => {
    expect(cellsOf(["a", value])[1]).toBe(text);
  });

  it("VOT-1: no text of a cell, an attribute or a description breaks the document", () => {
    const evil = "</TD>]]><!-- & \"'\u0000\uD800\uFFFE é 星 \u{1F52D}";
    const parameter = { name: "p", datatype: "char", arraysize: "*", value: evil, description: evil } as const;
    const text = formatVoTable({
      results: { infos: [{ name: evil, value: evil, text: evil }], fields: FIELDS, rows: [[evil]], description: evil },
      services: [
        {
          utype: "adhoc:service",
          description: evil,
          params: [parameter],
          inputs: [{ ...parameter, values: { min: evil, max: evil, options: [{ name: evil, value: evil }] } }],
        },
      ],
    });
    const read = readVoTable(text);
    expect(text).not.toMatch(/[\u0000\uFFFE]/); // eslint-disable-line no-control-regex
    expect(read.rows).toHaveLength(1);
    expect(read.rows[0]?.["name"]).toContain("é 星 \u{1F52D}");
    expect(read.services).toHaveLength(1);
  });

  it("VOT-1: in pieces it is the same document, and no piece is large", async () => {
    const rows = Array.from({ length: 100_000 }, (_, i): VoCell[] => [
      `row ${i}`,
      i / 7,
      i,
      null,
      i % 2 === 0,
      [i, 0, 1],
    ]);
    const document = table(rows, { overflow: () => true });
    const pieces: string[] = [];
    for await (const piece of formatVoTableChunks(document)) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(100);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
    expect(pieces.join("") === formatVoTable(document)).toBe(true);
  });

  it("VOT-1: rows are asked for only as the document is read", async () => {
    let made = 0;
    const rows = (function* (): Generator<VoCell[]> {
      for (;;) yield [`row ${made++}`];
    })();
    const pieces = formatVoTableChunks({ results: { infos: [], fields: FIELDS, rows }, services: [] });
    await pieces.next();
    const first = made;
    expect(first).toBeLessThan(2000);
    await pieces.next();
    expect(made).toBeGreaterThan(first);
    await pieces.return();
    expect(rows.next().done).toBe(true);
  });
});
