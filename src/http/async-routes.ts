import type { Hono } from "hono";
import type { StreamSlots } from "../access/limits/stream-slots.ts";
import type { User } from "../access/user.ts";
import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { SODA_PARAMETERS } from "../ivoa/soda-parameters.ts";
import { formatJob, formatJobList } from "../ivoa/uws-document.ts";
import { parseInstant, parseLast, parsePhase, parseWait } from "../ivoa/uws-values.ts";
import { ACTIVE_PHASES, type Job } from "../jobs/job.ts";
import { COLUMN_PARAMETERS } from "../jobs/job-parameters.ts";
import type { JobFilter, NewJob } from "../jobs/job-service.ts";
import type { AppEnv } from "./app-env.ts";
import { addPartRoutes } from "./async-parts.ts";
import { addParameterRoutes } from "./async-parameters.ts";
import { answerXml, changedBy, jobIdOf, jobUrl, seeOther, type AsyncContext } from "./async-resource.ts";
import { UPLOAD, viewJob, viewReference } from "./async-view.ts";
import { addEventRoutes, type EventServices } from "./job-events.ts";
import { noteFacts } from "./observe-requests.ts";
import { readParameters } from "./request-parameters.ts";
import { addResource } from "./resource.ts";
import { createWaitingRoom, type WaitingRoom } from "./waiting-room.ts";

export type AsyncServices = Omit<EventServices, "waitingRoom"> & {
  /** Name of a user, by id; null where there is none any more. */
  readonly nameOf?: ((userId: string) => string | null) | undefined;
  /** Reads the request that makes a job, with the coordinate list that may be in it. */
  readonly readJobRequest: (request: Request, user: User) => Promise<Omit<NewJob, "owner">>;
  readonly limits: {
    /** As long as a WAIT may hold a request. */
    readonly maxWaitSeconds: number;
  };
  /** Where requests that wait are counted, by user. */
  readonly waits: StreamSlots;
  /** Fires when the service is to stop: whatever waits is answered then. */
  readonly stopping?: AbortSignal;
};

/** The jobs of UWS 1.1, section 2.2, but for what is below /results. */
export function addAsyncRoutes(app: Hono<AppEnv>, services: AsyncServices): void {
  const { waits, stopping } = services;
  const waitingRoom = createWaitingRoom({ slots: waits, stopping });
  addResource(app, "/async", {
    GET: (c) => handleList(c, services),
    POST: (c) => handleCreate(c, services),
  });
  addResource(app, "/async/:id", {
    GET: (c) => handleJob(c, services, waitingRoom),
    POST: (c) => handleAction(c, services),
    DELETE: (c) => handleDelete(c, services),
  });
  addPartRoutes(app, services);
  addParameterRoutes(app, services);
  addEventRoutes(app, { ...services, waitingRoom });
}

async function handleList(c: AsyncContext, { jobs }: AsyncServices): Promise<Response> {
  const { user } = c.var;
  const query = queryOf(c);
  const stranger = query.names().find((name) => OF_A_JOB.has(name));
  if (stranger !== undefined) {
    throw new ServiceError(
      "usage",
      `Cannot list jobs by ${stranger}: GET takes PHASE, AFTER and LAST; a job is made by POST, with the same parameters`,
    );
  }
  const found = await jobs.list(user, parseFilter(query));
  return answerXml(c, formatJobList(found.map((job) => viewReference(job, { user, url: jobUrl(c, job.id) }))));
}

/** Who sends these wants to make a job. DALI's own parameters may come with every request. */
const OF_A_JOB: ReadonlySet<string> = new Set([
  ...Object.values(SODA_PARAMETERS).flatMap(({ name, origin }) => (origin === "DALI" ? [] : [name])),
  ...COLUMN_PARAMETERS,
  "SIZE",
  UPLOAD,
]);

/** Conditions that are not given let everything through (UWS 1.1, section 2.2.2.1). */
function parseFilter(parameters: Parameters): JobFilter {
  const [after, last] = [parameters.single("AFTER"), parameters.single("LAST")];
  return {
    phases: parameters.all("PHASE").map((text) => parsePhase(text, "PHASE")),
    after: after === undefined ? undefined : parseInstant(after, "AFTER"),
    last: last === undefined ? undefined : parseLast(last, "jobs"),
  };
}

async function handleCreate(c: AsyncContext, { jobs, readJobRequest }: AsyncServices): Promise<Response> {
  const { user, grant, clientAddress: client } = c.var;
  const actor = grant.kind === "token" ? grant.actor?.id : null;
  const job = await jobs.create({ owner: user, actor, client, ...(await readJobRequest(c.req.raw, user)) });
  noteFacts(c, { job: job.id });
  return seeOther(c, jobUrl(c, job.id));
}

async function handleJob(c: AsyncContext, services: AsyncServices, waitingRoom: WaitingRoom): Promise<Response> {
  const { user } = c.var;
  const job = await waitForJob(c, services, waitingRoom);
  const { done, empty, failed } = job.progress;
  const results = done + empty + failed === 0 ? [] : await services.jobs.listResults(job.id, user);
  return answerXml(c, formatJob(viewJob(job, results, { user, url: jobUrl(c, job.id), nameOf: services.nameOf })));
}

/** A WAIT for which there is no room is held so long all the same. */
const LINGER_SECONDS = 1;

/** The job as it is, or after it has left its phase where WAIT asks for that (UWS 1.1, section 2.2.1.2). */
async function waitForJob(c: AsyncContext, services: AsyncServices, waitingRoom: WaitingRoom): Promise<Job> {
  const { jobs, limits, mostWaitsOf } = services;
  const { user } = c.var;
  const parameters = queryOf(c);
  const [wait, phase] = [parameters.single("WAIT"), parameters.single("PHASE")];
  const seconds = wait === undefined ? 0 : parseWait(wait, limits.maxWaitSeconds);
  const expected = phase === undefined ? undefined : parsePhase(phase, "PHASE");
  const job = await jobs.get(jobIdOf(c), user);
  const hasLeft = expected !== undefined && expected !== job.phase;
  if (seconds === 0 || hasLeft || !ACTIVE_PHASES.includes(job.phase) || c.req.method === "HEAD") return job;
  const waiting = waitingRoom.enter(user.id, c.req.raw.signal, mostWaitsOf(user));
  if (waiting === null) {
    // A service may answer sooner than it is asked to; its client asks again at once.
    await waitingRoom.linger(c.req.raw.signal, Math.min(seconds, LINGER_SECONDS) * 1000);
    return jobs.get(job.id, user);
  }
  const { signal, leave } = waiting;
  return jobs.waitForPhaseChange(job.id, user, { phase: job.phase, seconds, signal }).finally(leave);
}

/** For clients that cannot send DELETE (UWS 1.1, section 2.2.3.2). Parameters are not set here. */
async function handleAction(c: AsyncContext, services: AsyncServices): Promise<Response> {
  const action = (await readParameters(c.req.raw)).single("ACTION");
  await services.jobs.get(jobIdOf(c), c.var.user);
  if (action === "DELETE") return handleDelete(c, services);
  throw new ServiceError(
    "usage",
    `Cannot use ${action === undefined ? "a POST without ACTION" : `ACTION "${action.slice(0, 100)}"`}: the job takes ` +
      "ACTION=DELETE; parameters belong to its /parameters, PHASE to its /phase",
  );
}

async function handleDelete(c: AsyncContext, { jobs }: AsyncServices): Promise<Response> {
  await jobs.remove(jobIdOf(c), c.var.user, changedBy(c));
  return seeOther(c, `${c.var.publicUrl}/async`);
}

function queryOf(c: AsyncContext): Parameters {
  return new Parameters(new URL(c.req.url).searchParams);
}
