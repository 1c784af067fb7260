import type { Hono } from "hono";
import { ServiceError } from "../../errors.ts";
import type { OverviewJob } from "../../jobs/job-overview.ts";
import type { JobPhase } from "../../jobs/job.ts";
import { jobsPage, type JobRowView } from "../../web/admin-jobs-page.ts";
import { noticeOf } from "./account-view.ts";
import { createNameReader, noteChange, readCount, type AdminServices } from "./admin-routes-common.ts";
import type { AppEnv } from "../app-env.ts";
import { requireViewer, seeOther, showPage, wantsJson } from "./auth-app-pages.ts";
import { readChange } from "./csrf.ts";
import { isoInstant } from "../iso-instant.ts";
import { addResource } from "../resource.ts";
import { JOB_ID } from "../../storage/result-store.ts";

const PAGE_JOBS = 50;
const MOST_JOBS = 500;

const PHASES: readonly JobPhase[] = [
  ...(["PENDING", "HELD", "QUEUED", "EXECUTING", "SUSPENDED"] as const),
  ...(["COMPLETED", "ERROR", "ABORTED", "ARCHIVED", "UNKNOWN"] as const),
];

const DONE = { aborted: "The job is aborted.", deleted: "The job is deleted, with its results." };

/** Jobs of all. */
export function addAdminJobRoutes(app: Hono<AppEnv>, services: AdminServices): void {
  const { accounts, overview, jobs, now } = services;

  addResource(app, "/admin/jobs", {
    async GET(c) {
      const [phase = "", owner = "", before = ""] = ["phase", "owner", "before"].map((name) =>
        c.req.query(name)?.trim(),
      );
      const known = PHASES.find((one) => one === phase);
      if (phase !== "" && known === undefined) {
        throw new ServiceError("usage", `Cannot look for jobs in phase "${phase.slice(0, 30)}": it is none of UWS`);
      }
      const last = Math.min(readCount(c, "last") ?? PAGE_JOBS, MOST_JOBS);
      const found = overview.list({
        phase: known,
        owner: owner === "" ? undefined : ((await accounts.find(owner))?.id ?? owner),
        before: JOB_ID.test(before) ? before : undefined,
        last: last + 1,
      });
      const shown = await nameJobs(services, found.slice(0, last));
      const next = found.length > last ? (shown.at(-1)?.id ?? null) : null;
      if (wantsJson(c)) return c.json({ jobs: shown.map(describeJob), before: next });
      const view = { viewer: requireViewer(c), notice: noticeOf(c, DONE), now: now(), phases: PHASES };
      return showPage(c, jobsPage({ ...view, phase, owner, jobs: shown, before: next }));
    },
  });

  addResource(app, "/admin/jobs/:id", {
    async GET(c) {
      const [job] = await nameJobs(services, [getJob(services, c.req.param("id"))]);
      return c.json(describeJob(job));
    },
    async DELETE(c) {
      await readChange(c);
      await remove(services, c.req.param("id") ?? "", (job) => noteJob(c, "job-deleted", job));
      return c.body(null, 204);
    },
  });

  addResource(app, "/admin/jobs/:id/abort", {
    async POST(c) {
      await readChange(c);
      const job = getJob(services, c.req.param("id"));
      if (await jobs.abort(job.id)) await noteJob(c, "job-aborted", job);
      return wantsJson(c) ? c.json({ phase: overview.find(job.id)?.phase }) : seeOther(c, "/admin/jobs", "aborted");
    },
  });

  addResource(app, "/admin/jobs/:id/delete", {
    async POST(c) {
      await readChange(c);
      await remove(services, c.req.param("id") ?? "", (job) => noteJob(c, "job-deleted", job));
      return wantsJson(c) ? c.json({ deleted: true }) : seeOther(c, "/admin/jobs", "deleted");
    },
  });

  async function noteJob(c: Parameters<typeof noteChange>[0], action: "job-aborted" | "job-deleted", job: OverviewJob) {
    const owner = await createNameReader(services)(job.owner);
    noteChange(c, services, { action, subject: job.id, detail: { owner, phase: job.phase } });
  }
}

async function remove(services: AdminServices, id: string, note: (job: OverviewJob) => Promise<void>): Promise<void> {
  const job = getJob(services, id);
  await services.jobs.remove(job.id);
  await note(job);
}

function getJob({ overview }: AdminServices, id = ""): OverviewJob {
  const job = JOB_ID.test(id) ? overview.find(id) : null;
  if (job === null) throw new ServiceError("not-found", `Cannot find job ${JSON.stringify(id.slice(0, 64))}`);
  return job;
}

/** With the names of owners and services in place of their ids. */
export async function nameJobs(
  services: Pick<AdminServices, "accounts">,
  jobs: readonly OverviewJob[],
): Promise<(OverviewJob & JobRowView)[]> {
  const nameOf = createNameReader(services);
  const named: (OverviewJob & JobRowView)[] = [];
  for (const job of jobs) {
    const actor = job.actor === null ? null : await nameOf(job.actor);
    named.push({ ...job, owner: await nameOf(job.owner), actor });
  }
  return named;
}

function describeJob({ createdAt, queuedAt, startedAt, endedAt, ...job }: OverviewJob) {
  const instants = {
    createdAt: isoInstant(createdAt),
    queuedAt: isoInstant(queuedAt),
    startedAt: isoInstant(startedAt),
    endedAt: isoInstant(endedAt),
  };
  return { ...job, ...instants };
}
