import { ServiceError } from "../errors.ts";
import type { ListColumn } from "./list-table.ts";

/** What columns of a list can say. */
export type ListRole = "ra" | "dec" | "id" | "size" | "filter" | "format";
/** Names of columns, given by the user. */
export type ColumnMapping = { readonly [role in ListRole]?: string | undefined };
/** Which column says it, from 0. */
export type ListColumns = { readonly ra: number; readonly dec: number } & {
  readonly [role in Exclude<ListRole, "ra" | "dec">]: number | undefined;
};

/** As column names are written once case and signs are gone; RA and Dec of one line belong together, better ones first. */
const POSITIONS: readonly (readonly [ra: string, dec: readonly string[]])[] = [
  ["ra", ["dec", "decl", "de"]],
  ["raicrs", ["decicrs", "deicrs"]],
  ["raj2000", ["dej2000", "decj2000"]],
  ["ra2000", ["dec2000", "de2000"]],
  ["alphaj2000", ["deltaj2000"]],
  ["alphawinj2000", ["deltawinj2000"]],
  ["alphasky", ["deltasky"]],
  ["radeg", ["decdeg", "dedeg", "decldeg"]],
  ["radegrees", ["decdegrees"]],
  ["sra", ["sdec"]],
  ["rightascension", ["declination"]],
  ["ramean", ["decmean"]],
  ["meanra", ["meandec"]],
  ["alpha", ["delta"]],
];
const IDS: readonly string[] = [
  ...["id", "metaid", "objectid", "objid", "sourceid", "coaddobjectid", "diaobjectid", "targetid", "catalogid"],
  ...["identifier", "mainid", "name", "objectname", "sourcename", "targetname", "targname", "designation"],
  ...["object", "source", "target"],
];
const OTHERS = { size: ["size", "sizearcmin"], filter: ["filter", "filters"], format: ["format", "responseformat"] };

/** Of VOTable 1.5, and of 1.0 with its older vocabulary (IVOA UCD1+, and UCD1). */
const UCDS = {
  ra: ["pos.eq.ra;meta.main", "pos_eq_ra_main", "pos.eq.ra"],
  dec: ["pos.eq.dec;meta.main", "pos_eq_dec_main", "pos.eq.dec"],
  id: ["meta.id;meta.main", "id_main"],
} as const;

/**
 * Tells which columns hold what: the ones that are mapped, else by name, else by UCD. "usage", naming the columns that are
 * there, where RA or Dec, or a mapped one, cannot be found.
 */
export function findColumns(columns: readonly ListColumn[], mapping: ColumnMapping): ListColumns {
  const names = columns.map(({ name }) => canonical(name));
  const named = (candidates: readonly string[]) => firstOf(candidates, names, columns);
  const mapped = (role: ListRole) => findMapped(columns, role, mapping[role]);
  const [ra, dec] = findPosition(columns, named);
  return {
    ra: mapped("ra") ?? ra ?? notFound(columns, "RA"),
    dec: mapped("dec") ?? dec ?? notFound(columns, "Dec"),
    id: mapped("id") ?? named(IDS) ?? byUcd(columns, UCDS.id),
    size: mapped("size") ?? named(OTHERS.size),
    filter: mapped("filter") ?? named(OTHERS.filter),
    format: mapped("format") ?? named(OTHERS.format),
  };
}

function findPosition(
  columns: readonly ListColumn[],
  named: (candidates: readonly string[]) => number | undefined,
): readonly [ra: number | undefined, dec: number | undefined] {
  for (const [ra, decs] of POSITIONS) {
    const found = [named([ra]), named(decs)] as const;
    if (found[0] !== undefined && found[1] !== undefined) return found;
  }
  const [ra, dec] = [byUcd(columns, UCDS.ra), byUcd(columns, UCDS.dec)];
  if (ra !== undefined && dec !== undefined) return [ra, dec];
  return [named(POSITIONS.map(([name]) => name)) ?? ra, named(POSITIONS.flatMap(([, decs]) => decs)) ?? dec];
}

/** `_RAJ2000`, `RA (J2000)` and `raj2000` are one. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Of several columns with one name the one in front with `_`: VizieR's own, in degrees. */
function firstOf(
  candidates: readonly string[],
  names: readonly string[],
  columns: readonly ListColumn[],
): number | undefined {
  for (const candidate of candidates) {
    const found = [...names.keys()].filter((index) => names[index] === candidate);
    if (found.length > 0) return found.find((index) => columns[index].name.startsWith("_")) ?? found[0];
  }
  return undefined;
}

function byUcd(columns: readonly ListColumn[], ucds: readonly string[]): number | undefined {
  for (const ucd of ucds) {
    const index = columns.findIndex((column) => column.ucd?.trim().toLowerCase() === ucd);
    if (index !== -1) return index;
  }
  return undefined;
}

/** Letter by letter, and where there is none such, in any case. */
function findMapped(columns: readonly ListColumn[], role: ListRole, wanted: string | undefined): number | undefined {
  if (wanted === undefined) return undefined;
  const name = wanted.trim();
  const exact = columns.findIndex((column) => column.name === name);
  const index = exact !== -1 ? exact : columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
  if (index !== -1) return index;
  const parameter = `${role.toUpperCase()}_COLUMN`;
  const shown = JSON.stringify(name.slice(0, 40));
  throw new ServiceError("usage", `Cannot use ${parameter} ${shown}: the list has the columns ${tell(columns)}`);
}

function notFound(columns: readonly ListColumn[], what: "RA" | "Dec"): never {
  throw new ServiceError(
    "usage",
    `Cannot use the list: none of its columns ${tell(columns)} is known to be ${what}; ${what.toUpperCase()}_COLUMN names it`,
  );
}

const MOST_TOLD = 20;

function tell(columns: readonly ListColumn[]): string {
  const names = columns.slice(0, MOST_TOLD).map(({ name }) => JSON.stringify(name.slice(0, 40)));
  return names.join(", ") + (columns.length > MOST_TOLD ? ` and ${columns.length - MOST_TOLD} more` : "");
}
