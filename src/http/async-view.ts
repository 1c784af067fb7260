import type { UwsJob, UwsJobReference, UwsParameter, UwsResult } from "../ivoa/uws-document.ts";
import { resultId, type Job, type JobSummary, type ListedResult, type ParameterList } from "../jobs/job.ts";
import { ANONYMOUS, type User } from "../access/user.ts";

/** The parameter that stands for a coordinate list; its value has an address of its own. */
export const UPLOAD = "UPLOAD";

/** Who looks, where the job is, and what users are called, by their ids. */
export type Viewing = {
  readonly user: User;
  readonly url: string;
  readonly nameOf?: ((userId: string) => string | null) | undefined;
};

/** A job as UWS shows it. */
export function viewJob(job: Job, results: readonly ListedResult[], viewing: Viewing): UwsJob {
  const { url, nameOf } = viewing;
  return {
    id: job.id,
    runId: job.runId,
    owner: viewOwner(job, viewing),
    phase: job.phase,
    quoteAt: job.quoteAt,
    createdAt: job.createdAt,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
    executionDurationSeconds: job.executionDurationSeconds,
    destructionAt: job.destructionAt,
    parameters: viewParameters(job.parameters, url),
    results: viewResults(results, url),
    error: job.error,
    info: {
      actor: job.actor === null ? null : (nameOf?.(job.actor) ?? job.actor),
      progress: { ...job.progress },
      links: {
        events: `${url}/events`,
        "manifest.json": `${url}/manifest.json`,
        "manifest.csv": `${url}/manifest.csv`,
        "all.zip": `${url}/results/all.zip`,
        "all.tar": `${url}/results/all.tar`,
      },
    },
  };
}

export function viewReference(job: JobSummary, viewing: Viewing): UwsJobReference {
  const { url } = viewing;
  const { id, phase, runId, createdAt } = job;
  return { id, url, phase, runId, owner: viewOwner(job, viewing), createdAt };
}

/** null for nobody's. Administrators see jobs of others too. */
export function viewOwner({ owner }: Pick<Job, "owner">, { user, nameOf }: Omit<Viewing, "url">): string | null {
  if (owner === ANONYMOUS.id) return null;
  return owner === user.id ? user.name : (nameOf?.(owner) ?? owner);
}

export function viewParameters(parameters: ParameterList, jobUrl: string): UwsParameter[] {
  return parameters.map(([name, value]) =>
    name.toUpperCase() === UPLOAD
      ? { name: UPLOAD, value: `${jobUrl}/parameters/${UPLOAD}`, byReference: true }
      : { name, value, byReference: false },
  );
}

/** One without a file is there too: a text that says why there is none (SODA 1.0, section 6). */
export function viewResults(results: readonly ListedResult[], jobUrl: string): UwsResult[] {
  return results.map(({ number, mediaType, byteLength }) => {
    const id = resultId({ number });
    return { id, url: `${jobUrl}/results/${id}`, mediaType: mediaType ?? "text/plain", byteLength };
  });
}
