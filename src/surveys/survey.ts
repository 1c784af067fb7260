import type { Stencil } from "../sky/stencil.ts";
import type { Dataset, HduLocation } from "./dataset.ts";
import type { IngestHabits } from "./ingest-habits.ts";
import type { Plane, Release } from "./release.ts";

/** Ends included; -Infinity and Infinity are open ends. */
export type Interval = { readonly min: number; readonly max: number };

/** All that is given must hold. What is null in a dataset satisfies no condition on it (SIA 2.0, section 2.1). */
export type DatasetQuery = {
  /** Release id. */
  readonly release: string;
  /** Images that share at least a point with it. */
  readonly stencil?: Stencil | undefined;
  /** Band names, any of them. */
  readonly bands?: readonly string[] | undefined;
  /** Images whose passband meets it, metres. */
  readonly wavelengthMetres?: Interval | undefined;
  /** Images taken in part within it, MJD. */
  readonly timeMjd?: Interval | undefined;
  /** Compared as it is: the publisher DID of one image. */
  readonly did?: string | undefined;
  readonly fieldName?: string | undefined;
  /** At most so many, the best ones. */
  readonly limit?: number | undefined;
};

/** One survey. Everything that differs between surveys is behind this. */
export interface Survey {
  readonly name: string;
  readonly releases: readonly Release[];
  readonly habits: IngestHabits;
  /**
   * Best first: images that hold the whole stencil before those that hold a part, then the one whose centre is nearest
   * to the stencil's, then in order of wavelength. Without a stencil in order of key.
   * "not-found" for a release that is not of this survey.
   */
  findDatasets(query: DatasetQuery, signal: AbortSignal): Promise<Dataset[]>;
  findByDid(publisherDid: string, signal: AbortSignal): Promise<Dataset | null>;
  /** File and HDU of a plane; null when the dataset has none. */
  locate(dataset: Dataset, plane: Plane): HduLocation | null;
}
