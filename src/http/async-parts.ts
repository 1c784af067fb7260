import type { Hono } from "hono";
import { ServiceError } from "../errors.ts";
import { formatResults } from "../ivoa/uws-document.ts";
import { formatInstant, parseExecutionDuration, parseInstant } from "../ivoa/uws-values.ts";
import type { Job } from "../jobs/job.ts";
import type { JobService } from "../jobs/job-service.ts";
import type { AppEnv } from "./app-env.ts";
import { answerText, answerXml, changedBy, jobIdOf, jobUrl, seeOther, type AsyncContext } from "./async-resource.ts";
import { viewOwner, viewResults, type Viewing } from "./async-view.ts";
import { readParameters } from "./request-parameters.ts";
import { addResource } from "./resource.ts";

type PartServices = { readonly jobs: JobService } & Pick<Viewing, "nameOf">;

/** What a job consists of, piece by piece: texts to read, and values to set (UWS 1.1, sections 2.2.2 and 2.2.3). */
export function addPartRoutes(app: Hono<AppEnv>, services: PartServices): void {
  const { jobs } = services;
  const show = (format: (job: Job, c: AsyncContext) => string) => async (c: AsyncContext) =>
    answerText(c, format(await jobs.get(jobIdOf(c), c.var.user), c));

  addResource(app, "/async/:id/phase", {
    GET: show(({ phase }) => phase),
    POST: (c) => handleSet(c, "PHASE", (text) => changePhase(c, services, text)),
  });
  addResource(app, "/async/:id/executionduration", {
    GET: show(({ executionDurationSeconds }) => String(executionDurationSeconds)),
    POST: (c) =>
      handleSet(c, "EXECUTIONDURATION", (text) =>
        jobs.setExecutionDuration(jobIdOf(c), c.var.user, parseExecutionDuration(text)),
      ),
  });
  addResource(app, "/async/:id/destruction", {
    GET: show(({ destructionAt }) => formatInstant(destructionAt)),
    POST: (c) =>
      handleSet(c, "DESTRUCTION", (text) =>
        jobs.setDestruction(jobIdOf(c), c.var.user, parseInstant(text, "DESTRUCTION")),
      ),
  });
  addResource(app, "/async/:id/quote", {
    GET: show(({ quoteAt }) => (quoteAt === null ? "" : formatInstant(quoteAt))),
  });
  addResource(app, "/async/:id/owner", {
    GET: show((job, c) => viewOwner(job, { user: c.var.user, nameOf: services.nameOf }) ?? ""),
  });
  addResource(app, "/async/:id/error", { GET: (c) => handleError(c, services) });
  addResource(app, "/async/:id/results", { GET: (c) => handleResults(c, services) });
  addResource(app, "/async/:id/rerun", { POST: (c) => handleRerun(c, services) });
}

/** One parameter of a form, and the job again. The service may have chosen another value than was asked for. */
async function handleSet(c: AsyncContext, name: string, set: (text: string) => Promise<Job>): Promise<Response> {
  const text = (await readParameters(c.req.raw)).single(name);
  if (text === undefined) throw new ServiceError("usage", `Cannot set ${name}: it is missing`);
  const { id } = await set(text);
  return seeOther(c, jobUrl(c, id));
}

function changePhase(c: AsyncContext, { jobs }: PartServices, text: string): Promise<Job> {
  switch (text.trim()) {
    case "RUN":
      return jobs.run(jobIdOf(c), c.var.user);
    case "ABORT":
      return jobs.abort(jobIdOf(c), c.var.user, changedBy(c));
    default:
      throw new ServiceError("usage", `Cannot use PHASE ${JSON.stringify(text.slice(0, 100))}: it needs RUN or ABORT`);
  }
}

async function handleResults(c: AsyncContext, { jobs }: PartServices): Promise<Response> {
  const id = jobIdOf(c);
  return answerXml(c, formatResults(viewResults(await jobs.listResults(id, c.var.user), jobUrl(c, id))));
}

/** The error document (DALI 1.1, section 4.2): a label of SODA 1.0, section 5.2, and text. */
async function handleError(c: AsyncContext, { jobs }: PartServices): Promise<Response> {
  const { id, error, phase } = await jobs.get(jobIdOf(c), c.var.user);
  if (error !== null) return answerText(c, `${error.message}\n`);
  throw new ServiceError("not-found", `Cannot show an error of job ${id}: it is ${phase}, and has none`);
}

async function handleRerun(c: AsyncContext, { jobs }: PartServices): Promise<Response> {
  const { id } = await jobs.rerun(jobIdOf(c), c.var.user);
  return seeOther(c, jobUrl(c, id));
}
