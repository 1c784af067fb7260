import type { ImageIndex } from "../image-index.ts";
import { createIndexedSurvey } from "../indexed-survey.ts";
import type { IngestHabits, PlaceTable } from "../ingest-habits.ts";
import type { Plane } from "../release.ts";
import type { Survey } from "../survey.ts";
import { nameDesImage } from "./name-image.ts";
import { DES_DR2, DES_SAMPLE } from "./releases.ts";
import { DES_EXTNAMES, imagesOfTile } from "./tile-images.ts";
import { DES_TILE_TABLE_HEADER, parseDesTileRow } from "./tile-table.ts";

/** The Dark Energy Survey's coadded images. */
export function createDesSurvey(index: ImageIndex): Survey {
  return createIndexedSurvey({ name: "des", releases: [DES_DR2, DES_SAMPLE], habits: DES_HABITS }, index);
}

const DES_TILE_TABLE: PlaceTable = {
  header: DES_TILE_TABLE_HEADER,
  imagesOfLine: (line, release) => imagesOfTile(parseDesTileRow(line), release),
};

export const DES_HABITS: IngestHabits = {
  table: DES_TILE_TABLE,
  planeOfHdu: (extname) => PLANE_OF_EXTNAME.get(extname) ?? null,
  nameImage: nameDesImage,
};

const PLANE_OF_EXTNAME = new Map<string, Plane>(
  Object.entries(DES_EXTNAMES).map(([plane, extname]) => [extname, plane as Plane]),
);
