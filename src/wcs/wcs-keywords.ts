import { ServiceError } from "../errors.ts";
import type { Header } from "../fits/header.ts";

/** The keywords of one coordinate description of a header, named without the letter of the alternate. */
export type WcsKeywords = {
  /** "" for the primary description, "A" to "Z". */
  readonly alternate: string;
  readonly hasPc: boolean;
  readonly hasCd: boolean;
  /** Highest axis that CTYPEi, CRPIXj, CRVALi or CDELTi speak of; 0 if none do. */
  readonly axisCount: number;
  /** A finite number; `fallback` where the header has none. "corrupt-data" where it is something else. */
  number(keyword: string, fallback: number): number;
  optionalNumber(keyword: string): number | undefined;
  /** Without trailing spaces; "" where the header has none. */
  string(keyword: string): string;
  /** PCi_j or CDi_j, also in the old form PC00i00j. */
  matrixElement(name: "PC" | "CD", i: number, j: number): number | undefined;
  /** Whether any CDi_j has this row or column. */
  hasCdOfAxis(axis: number): boolean;
  /** Parameters PVi_m of an axis, by m. */
  parameters(axis: number): (number | undefined)[];
};

const AXIS_KEYWORD = /^(?:CTYPE|CRPIX|CRVAL|CDELT)([1-9]\d?)([A-Z]?)$/;
const MATRIX_KEYWORD = /^(PC|CD)(?:([1-9]\d?)_([1-9]\d?)|0(\d\d)0(\d\d))([A-Z]?)$/;
const PARAMETER_KEYWORD = /^PV([1-9]\d?)_(\d\d?)([A-Z]?)$/;

export function readWcsKeywords(header: Header, alternate: string): WcsKeywords {
  const matrix = new Map<string, string>(); // "CD1_2" → the keyword as the header writes it
  const cdAxes = new Set<number>();
  const parameterKeywords = new Map<number, Map<number, string>>(); // by axis, by m
  let axisCount = 0;
  for (const { keyword, hasValue } of header.cards) {
    if (!hasValue) continue;
    const axis = AXIS_KEYWORD.exec(keyword);
    if (axis !== null && axis[2] === alternate) axisCount = Math.max(axisCount, Number(axis[1]));
    const element = MATRIX_KEYWORD.exec(keyword);
    if (element !== null && element[6] === alternate) {
      const i = Number(element[2] ?? element[4]);
      const j = Number(element[3] ?? element[5]);
      matrix.set(`${element[1]}${i}_${j}`, keyword);
      if (element[1] === "CD") cdAxes.add(i).add(j);
    }
    const parameter = PARAMETER_KEYWORD.exec(keyword);
    if (parameter !== null && parameter[3] === alternate) {
      const ofAxis = parameterKeywords.get(Number(parameter[1])) ?? new Map<number, string>();
      parameterKeywords.set(Number(parameter[1]), ofAxis.set(Number(parameter[2]), keyword));
    }
  }

  const optionalNumber = (keyword: string) => finiteNumber(header, keyword + alternate);
  return {
    alternate,
    hasPc: [...matrix.keys()].some((name) => name.startsWith("PC")),
    hasCd: cdAxes.size > 0,
    axisCount,
    number: (keyword, fallback) => optionalNumber(keyword) ?? fallback,
    optionalNumber,
    string(keyword) {
      const value = header.get(keyword + alternate);
      return typeof value === "string" ? value.trimEnd() : "";
    },
    matrixElement(name, i, j) {
      const keyword = matrix.get(`${name}${i}_${j}`);
      return keyword === undefined ? undefined : finiteNumber(header, keyword);
    },
    hasCdOfAxis: (axis) => cdAxes.has(axis),
    parameters(axis) {
      const values: (number | undefined)[] = [];
      for (const [m, keyword] of parameterKeywords.get(axis) ?? []) values[m] = finiteNumber(header, keyword);
      return values;
    },
  };
}

/** A number that is written as one, or as a string that holds nothing else ("'10.5'"), as some programs do. */
function finiteNumber(header: Header, keyword: string): number | undefined {
  const value = header.get(keyword);
  if (value === undefined) return undefined;
  let number = NaN;
  if (typeof value === "number" || typeof value === "bigint") number = Number(value);
  else if (typeof value === "string" && /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[EeDd][-+]?\d+)?$/.test(value.trim())) {
    number = Number(value.trim().replace(/[Dd]/, "e"));
  }
  if (Number.isFinite(number)) return number;
  const shown = typeof value === "object" ? "a complex number" : `"${String(value)}"`;
  throw new ServiceError("corrupt-data", `Cannot use ${keyword} = ${shown}: it needs a finite number`);
}
