import type { Dataset } from "./dataset.ts";
import type { Plane } from "./release.ts";

/** A dataset as ingest hands it to the index: locations still relative, the DID still without its authority. */
export type ImageRecord = Omit<Dataset, "publisherDid" | "planes"> & {
  /** The part of the publisher DID after `?`: unique in its release, the same at every ingest. */
  readonly key: string;
  /** Folder or address that the paths of the planes are below. */
  readonly root: string;
  readonly planes: Readonly<Partial<Record<Plane, RecordedPlane>>>;
};

export type RecordedPlane = {
  readonly path: string;
  readonly extname: string | null;
  readonly hduIndex: number | null;
};
