import { ServiceError } from "../errors.ts";
import type { Dataset, HduLocation } from "./dataset.ts";
import { createDesSurvey } from "./des/des-survey.ts";
import type { ImageIndex } from "./image-index.ts";
import type { Plane, Release } from "./release.ts";
import { createSimSurvey } from "./sim/sim-survey.ts";
import type { DatasetQuery, Survey } from "./survey.ts";

/** Every survey that is served. To add one: its folder, and a line here. */
const SURVEYS: readonly ((index: ImageIndex) => Survey)[] = [
  createDesSurvey, //
  createSimSurvey,
];

/** All surveys as one. */
export type SurveyRegistry = {
  readonly surveys: readonly Survey[];
  readonly releases: readonly Release[];
  /** The release and its survey; "not-found", naming those there are. */
  getRelease(id: string): { readonly release: Release; readonly survey: Survey };
  findDatasets(query: DatasetQuery, signal: AbortSignal): Promise<Dataset[]>;
  findByDid(publisherDid: string, signal: AbortSignal): Promise<Dataset | null>;
  locate(dataset: Dataset, plane: Plane): HduLocation | null;
};

export function createRegistry(index: ImageIndex, factories = SURVEYS): SurveyRegistry {
  const surveys = factories.map((create) => create(index));
  const releases = surveys.flatMap((survey) => survey.releases);
  const byRelease = new Map(
    surveys.flatMap((survey) => survey.releases.map((release) => [release.id, { release, survey }] as const)),
  );

  function getRelease(id: string) {
    const found = byRelease.get(id);
    if (found !== undefined) return found;
    throw unknownRelease(id);
  }

  function unknownRelease(id: string): ServiceError {
    const known = [...byRelease.keys()].map((name) => `"${name}"`).join(", ");
    return new ServiceError("not-found", `Cannot find release "${id}": it needs one of ${known}`);
  }

  return {
    surveys,
    releases,
    getRelease,
    findDatasets(query, signal) {
      const found = byRelease.get(query.release);
      return found?.survey.findDatasets(query, signal) ?? Promise.reject(unknownRelease(query.release));
    },
    async findByDid(publisherDid, signal) {
      for (const survey of surveys) {
        const dataset = await survey.findByDid(publisherDid, signal);
        if (dataset !== null) return dataset;
      }
      return null;
    },
    locate: (dataset, plane) => getRelease(dataset.release).survey.locate(dataset, plane),
  };
}
