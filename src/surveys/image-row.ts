import type { ImageRow, NewImageRow, StoredPlanes } from "../db/index-schema.ts";
import type { Dataset, HduLocation } from "./dataset.ts";
import type { ImageRecord } from "./image-record.ts";
import { formatPublisherDid } from "./publisher-did.ts";
import { decodeRegion, encodeRegion } from "./region-bytes.ts";

export type RowContext = { readonly authority: string; readonly release: string; readonly root: string };

export function datasetOfRow(row: ImageRow, { authority, release, root }: RowContext): Dataset {
  return {
    publisherDid: formatPublisherDid(authority, { release, key: row.key }),
    release,
    fieldName: row.fieldName,
    band: row.band,
    dataproductType: row.dataproductType === "cube" ? "cube" : "image",
    calibLevel: row.calibLevel,
    collection: row.collection,
    obsId: row.obsId,
    targetName: row.targetName,
    center: { raDegrees: row.raDegrees, decDegrees: row.decDegrees },
    fieldOfViewDegrees: row.fieldOfViewDegrees,
    region: decodeRegion(row.footprint),
    resolutionArcsec: row.resolutionArcsec,
    pixelScaleArcsec: row.pixelScaleArcsec,
    width: row.width,
    height: row.height,
    timeMinMjd: row.timeMinMjd,
    timeMaxMjd: row.timeMaxMjd,
    exposureSeconds: row.exposureSeconds,
    timeResolutionSeconds: row.timeResolutionSeconds,
    wavelengthMinMetres: row.wavelengthMinMetres,
    wavelengthMaxMetres: row.wavelengthMaxMetres,
    resolvingPower: row.resolvingPower,
    ucd: row.ucd,
    polarizations: row.polarizations,
    facility: row.facility,
    instrument: row.instrument,
    byteLength: row.byteLength,
    available: row.available,
    planes: planesOf(row.planes, root),
  };
}

function planesOf(stored: StoredPlanes, root: string): Dataset["planes"] {
  const planes: Record<string, HduLocation> = {};
  const imagePath = stored["image"]?.[0];
  for (const [plane, [path, extname, hduIndex]] of Object.entries(stored)) {
    planes[plane] = { location: `${root}/${path ?? imagePath ?? ""}`, extname, hduIndex };
  }
  return planes;
}

export function rowOfRecord(record: ImageRecord, numbers: { releaseNumber: number; rootId: number }): NewImageRow {
  const { center, region, planes, ...columns } = record;
  return {
    ...columns, // release and root are no columns: Drizzle passes them over
    ...numbers,
    raDegrees: center.raDegrees,
    decDegrees: center.decDegrees,
    footprint: encodeRegion(region) as Buffer, // better-sqlite3 takes any Uint8Array
    planes: storedPlanes(planes),
  };
}

function storedPlanes(planes: ImageRecord["planes"]): StoredPlanes {
  const stored: Record<string, StoredPlanes[string]> = {};
  for (const [plane, { path, extname, hduIndex }] of Object.entries(planes)) {
    stored[plane] = [plane !== "image" && path === planes.image?.path ? null : path, extname, hduIndex];
  }
  return stored;
}
