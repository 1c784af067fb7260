import type { Header } from "../fits/header.ts";
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

/** What a file's name and the header of its image plane say, but for the pixels' place on the sky. */
export type NamedFacts = Omit<
  ImageFacts,
  | ("release" | "collection" | "wavelengthMinMetres" | "wavelengthMaxMetres") // of release and band
  | ("center" | "region" | "fieldOfViewDegrees" | "pixelScaleArcsec" | "width" | "height") // of the WCS
>;

/** How ingest recognises the files of a survey. */
export type IngestHabits = {
  readonly table: PlaceTable | null;
  /** The plane that an image HDU of this EXTNAME ("" without one) holds; null for none that is served. */
  planeOfHdu(extname: string): Plane | null;
  /** "corrupt-data" saying what is missing or contradicts itself. `fileName` is without folders. */
  nameImage(fileName: string, header: Header, release: Release): NamedFacts;
};
