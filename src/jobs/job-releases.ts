import { releaseOfDid } from "../surveys/publisher-did.ts";
import type { ParameterList } from "./job.ts";

/** Releases that the parameters of a job, or of one result, name: as they are, or within the identifier of an image. */
export function releasesNamedBy(parameters: ParameterList): string[] {
  const names = parameters.flatMap(([name, value]) =>
    name.toUpperCase() === "ID" ? [releaseNameOf(value.trim())] : [],
  );
  return [...new Set(names.filter((name) => name !== null))];
}

/** The release of an ID: it is one, or it is `ivo://authority/release?key`. null where it is neither. */
export function releaseNameOf(id: string): string | null {
  return id.startsWith("ivo:") ? releaseOfDid(id) : id;
}
