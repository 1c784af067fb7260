import { ServiceError } from "../../errors.ts";
import type { IcrsPosition } from "../../sky/position.ts";
import { RADIANS_PER_DEGREE, wrapDegrees } from "../../sky/unit-vector.ts";
import { TILE_NAME } from "./file-name.ts";
import { TILE_SIDE_DEGREES } from "./tile-outline.ts";

/** One row of the table of DES coadd tiles. */
export type DesTile = {
  readonly name: string;
  readonly center: IcrsPosition;
  /** `r4920`, `p01` */
  readonly run: string;
  readonly attempt: string;
  /** Folder below the root of the archive: `Y6A1/r4920/DES0219-1041/p01/coadd`. */
  readonly archivePath: string;
};

export const DES_TILE_TABLE_HEADER = "tilename;rall;decll;raur;decur;archive_path";

/** Numbers of the table are rounded to 1e-6 degree; a row whose two corners disagree by more is not of this table. */
const CENTER_TOLERANCE_DEGREES = 1e-5;
const ARCHIVE_PATH = /^[A-Za-z0-9]+\/(?<run>r\d+)\/(?<tile>[^/]+)\/(?<attempt>p\d+)\/[a-z]+$/;

/**
 * Parses one row. The corners are those of a box on the sky's grid, not of the image: with s half a side,
 * rall = ra − s/cos(decll) and raur = ra + s/cos(decur), so `raur` may exceed 360 and the centre is not their middle.
 */
export function parseDesTileRow(line: string): DesTile {
  const fields = line.split(";");
  if (fields.length !== 6) throw badRow(`it has ${fields.length} columns, 6 are needed`);
  const [name, ...rest] = fields as [string, string, string, string, string, string];
  if (!TILE_NAME.test(name)) throw badRow(`"${name}" is not a tile name such as DES0219-1041`);
  const [raLow, decLow, raHigh, decHigh] = rest.slice(0, 4).map(parseDegrees) as [number, number, number, number];
  const archivePath = rest[4];
  const path = ARCHIVE_PATH.exec(archivePath)?.groups;
  if (path === undefined || path["tile"] !== name) {
    throw badRow(`"${archivePath}" is not an archive path such as Y6A1/r4920/${name}/p01/coadd`);
  }
  if (Math.abs(decLow) >= 90 || Math.abs(decHigh) >= 90) throw badRow("its declinations are not between -90 and 90");
  const side = decHigh - decLow;
  const half = TILE_SIDE_DEGREES / 2;
  const fromLow = raLow + half / Math.cos(decLow * RADIANS_PER_DEGREE);
  const fromHigh = raHigh - half / Math.cos(decHigh * RADIANS_PER_DEGREE);
  if (
    Math.abs(side - TILE_SIDE_DEGREES) > CENTER_TOLERANCE_DEGREES ||
    Math.abs(fromLow - fromHigh) > CENTER_TOLERANCE_DEGREES
  ) {
    throw badRow(`its corners are not those of a tile of ${TILE_SIDE_DEGREES.toFixed(6)} degrees`);
  }
  return {
    name,
    center: { raDegrees: wrapDegrees((fromLow + fromHigh) / 2), decDegrees: (decLow + decHigh) / 2 },
    run: path["run"],
    attempt: path["attempt"],
    archivePath,
  };
}

function parseDegrees(text: string): number {
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw badRow(`"${text}" is not a number of degrees`);
  return Number(text);
}

function badRow(reason: string): ServiceError {
  return new ServiceError("corrupt-data", `Cannot read the tile: ${reason}`);
}
