import { ServiceError } from "../errors.ts";
import { releaseOfDid } from "./publisher-did.ts";
import type { SurveyRegistry } from "./registry.ts";

/** What one reader may see. */
export type ReleaseReader = {
  readonly mayRead: (releaseId: string) => boolean;
  /** Throws what the reader is to be told of a release that it may not read. */
  readonly check: (releaseId: string) => void;
};

/** The registry as a reader may see it. Whatever belongs to another release is refused before it is looked for. */
export function narrowRegistry(registry: SurveyRegistry, { mayRead, check }: ReleaseReader): SurveyRegistry {
  /** Whether there is such an image, and how long it takes to find out, tells nothing then. */
  function checkDid(publisherDid: string): void {
    const release = releaseOfDid(publisherDid);
    if (release !== null && registry.releases.some(({ id }) => id === release)) check(release);
  }

  const readable = registry.releases.filter(({ id }) => mayRead(id));

  function getRelease(id: string) {
    if (!registry.releases.some((release) => release.id === id)) throw unknownRelease(id, readable);
    check(id);
    return registry.getRelease(id);
  }

  return {
    surveys: registry.surveys,
    releases: readable,
    getRelease,
    async findDatasets(query, signal) {
      getRelease(query.release);
      return registry.findDatasets(query, signal);
    },
    async findByDid(publisherDid, signal) {
      checkDid(publisherDid);
      const dataset = await registry.findByDid(publisherDid, signal);
      if (dataset !== null) check(dataset.release);
      return dataset;
    },
    locate(dataset, plane) {
      check(dataset.release);
      return registry.locate(dataset, plane);
    },
  };
}

function unknownRelease(id: string, releases: SurveyRegistry["releases"]): ServiceError {
  const known = releases.map((release) => `"${release.id}"`).join(", ");
  return new ServiceError("not-found", `Cannot find release "${id}": it needs one of ${known}`);
}
