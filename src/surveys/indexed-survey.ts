import { ServiceError } from "../errors.ts";
import type { ImageIndex } from "./image-index.ts";
import type { Survey } from "./survey.ts";

/** A survey whose images are all in the image index. */
export function createIndexedSurvey(facts: Pick<Survey, "name" | "releases" | "habits">, index: ImageIndex): Survey {
  const hasRelease = (id: string) => facts.releases.some((release) => release.id === id);
  return {
    ...facts,
    findDatasets(query, signal) {
      if (hasRelease(query.release)) return index.find(query, signal);
      const message = `Cannot find release "${query.release}" in survey "${facts.name}"`;
      return Promise.reject(new ServiceError("not-found", message));
    },
    async findByDid(publisherDid, signal) {
      const dataset = await index.findByDid(publisherDid, signal);
      return dataset !== null && hasRelease(dataset.release) ? dataset : null;
    },
    locate: (dataset, plane) => dataset.planes[plane] ?? null,
  };
}
