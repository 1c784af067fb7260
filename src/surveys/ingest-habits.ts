import type { ImageRecord } from "./image-record.ts";
import type { Plane, Release } from "./release.ts";

/** What is known of an image before its file has been looked for. */
export type ImageFacts = Omit<ImageRecord, "root" | "planes" | "byteLength" | "available">;

/** An image that a table names. */
export type ExpectedImage = {
  readonly facts: ImageFacts;
  /** Where its file may lie below the root of an archive, the usual place first. */
  readonly paths: readonly string[];
  /** EXTNAME of each plane in that file. */
  readonly extnames: Readonly<Partial<Record<Plane, string>>>;
};

/** A survey's table of the places that it has images of. */
export type PlaceTable = {
  /** The first line. */
  readonly header: string;
  /** The images of one line, all bands. "corrupt-data" saying what is wrong with it. */
  imagesOfLine(line: string, release: Release): ExpectedImage[];
};

/** How ingest recognises the files of a survey. */
export type IngestHabits = {
  readonly table: PlaceTable | null;
};
