import type { AuditEntry, AuditLog } from "../access/audit.ts";
import type { Permissions } from "../access/permissions.ts";
import { ANONYMOUS, type User } from "../access/user.ts";
import type { JobAdministration } from "./administer-jobs.ts";
import { releasesNamedBy } from "./job-releases.ts";
import type { ChangedBy, JobService } from "./job-service.ts";
import { FINISHED_PHASES, type ParameterList } from "./job.ts";

export type JobGuards = {
  readonly permissions: Pick<Permissions, "check">;
  /** User id; null where there is no such job. */
  readonly ownerOf: (id: string) => string | null;
  readonly administration: JobAdministration;
  readonly audit: Pick<AuditLog, "record">;
};

/**
 * The same jobs, but that nobody gets by one of theirs what they may not read: when a job is made or queued its owner must
 * be able to read all releases that it names, and whoever fetches results must be then. Administrators see everybody's
 * jobs, and may end and delete them; lists are of one's own. Who aborted or deleted a job, whosever it was, is written down.
 */
export function guardJobs(jobs: JobService, { permissions, ownerOf, administration, audit }: JobGuards): JobService {
  function checkReadable(parameters: ParameterList, user: User): void {
    for (const release of releasesNamedBy(parameters)) permissions.check(user, release);
  }
  const checked = <T extends { readonly recipe: ParameterList }>(result: T, user: User): T => {
    checkReadable(result.recipe, user);
    return result;
  };

  /** Who may look at the job as if it were theirs. */
  function reader(id: string, user: User): User {
    return isOthers(id, user) ? { ...user, id: ownerOf(id) ?? user.id } : user;
  }

  /** Whether an administrator, with the rights of one, asks for a job that somebody else has. */
  function isOthers(id: string, { id: userId, administers }: User): boolean {
    if (!administers) return false;
    const owner = ownerOf(id);
    return owner !== null && owner !== userId && owner !== ANONYMOUS.id;
  }

  /** What a job may read is what its owner may. */
  async function checkOwner(id: string, user: User): Promise<void> {
    const { owner, parameters } = await jobs.get(id, user);
    checkReadable(parameters, owner === ANONYMOUS.id ? ANONYMOUS : user);
  }

  type Ended = { readonly id: string; readonly owner: string | null; readonly user: User };

  /** In the name of the service where one asks for the user. */
  function note(action: AuditEntry["action"], { id, owner, user }: Ended, by: ChangedBy = NOBODY_KNOWN): void {
    const { id: who, name } = by.actor ?? user;
    const actor = who === ANONYMOUS.id ? null : who;
    audit.record({ actor, actorName: name, action, subject: id, detail: { owner }, address: by.address });
  }

  return {
    async create(job) {
      checkReadable(job.parameters, job.owner);
      return jobs.create(job);
    },
    list: (user, filter) => jobs.list(user, filter),
    get: (id, user) => jobs.get(id, reader(id, user)),
    async setParameters(id, user, parameters) {
      const { owner } = await jobs.get(id, user);
      checkReadable(parameters, owner === ANONYMOUS.id ? ANONYMOUS : user);
      return jobs.setParameters(id, user, parameters);
    },
    async run(id, user) {
      await checkOwner(id, user);
      return jobs.run(id, user);
    },
    async abort(id, user, by) {
      if (isOthers(id, user)) {
        const owner = ownerOf(id);
        if (await administration.abort(id)) note("job-aborted", { id, owner, user }, by);
        return jobs.get(id, reader(id, user));
      }
      const { phase } = await jobs.get(id, user);
      const job = await jobs.abort(id, user);
      const isDone = job.phase === "ABORTED" && !FINISHED_PHASES.includes(phase);
      if (isDone) note("job-aborted", { id, owner: job.owner, user }, by);
      return job;
    },
    async rerun(id, user) {
      await checkOwner(id, user);
      return jobs.rerun(id, user);
    },
    async remove(id, user, by) {
      const owner = ownerOf(id);
      try {
        await (isOthers(id, user) ? administration.remove(id) : jobs.remove(id, user));
      } finally {
        // Also where its files could not be removed at once: nobody finds it any more.
        if (owner !== null && ownerOf(id) === null) note("job-deleted", { id, owner, user }, by);
      }
    },
    setDestruction: (id, user, at) => jobs.setDestruction(id, user, at),
    setExecutionDuration: (id, user, seconds) => jobs.setExecutionDuration(id, user, seconds),
    async results(id, user) {
      const results = await jobs.results(id, reader(id, user));
      const releases = new Set(results.flatMap(({ recipe }) => releasesNamedBy(recipe)));
      for (const release of releases) permissions.check(user, release);
      return results;
    },
    listResults: (id, user) => jobs.listResults(id, reader(id, user)),
    result: async (id, user, number) => checked(await jobs.result(id, reader(id, user), number), user),
    resultNamed: async (id, user, name) => checked(await jobs.resultNamed(id, reader(id, user), name), user),
    rows: (id, user) => jobs.rows(id, reader(id, user)),
    waitForPhaseChange: (id, user, options) => jobs.waitForPhaseChange(id, reader(id, user), options),
    watch: (id, user, signal) => jobs.watch(id, reader(id, user), signal),
  };
}

const NOBODY_KNOWN: ChangedBy = { actor: null, address: null };
