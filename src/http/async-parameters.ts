import type { Hono } from "hono";
import { formatCsvLine } from "../encode/csv.ts";
import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { formatParameters } from "../ivoa/uws-document.ts";
import { checkJobParameters, checkListUse, COLUMN_PARAMETERS } from "../jobs/job-parameters.ts";
import type { ParameterList } from "../jobs/job.ts";
import type { JobService, ListedRow } from "../jobs/job-service.ts";
import type { AppEnv } from "./app-env.ts";
import { answerText, answerXml, jobIdOf, jobUrl, seeOther, type AsyncContext } from "./async-resource.ts";
import { UPLOAD, viewParameters } from "./async-view.ts";
import { readParameters } from "./request-parameters.ts";
import { addResource } from "./resource.ts";

type ParameterServices = { readonly jobs: JobService };

/** Belong to other addresses of the job, or to its making, where a list is read. */
const NOT_HERE: readonly string[] = ["PHASE", "ACTION", UPLOAD, ...COLUMN_PARAMETERS];

/** What a job was asked for; to be changed while it is PENDING (DALI 1.1, section 2.1). */
export function addParameterRoutes(app: Hono<AppEnv>, services: ParameterServices): void {
  addResource(app, "/async/:id/parameters", {
    GET: (c) => handleShow(c, services),
    POST: (c) => handleChange(c, services),
  });
  addResource(app, "/async/:id/parameters/:name", { GET: (c) => handleValue(c, services) });
}

async function handleShow(c: AsyncContext, { jobs }: ParameterServices): Promise<Response> {
  const { id, parameters } = await jobs.get(jobIdOf(c), c.var.user);
  return answerXml(c, formatParameters(viewParameters(parameters, jobUrl(c, id))));
}

async function handleChange(c: AsyncContext, { jobs }: ParameterServices): Promise<Response> {
  const given = await readParameters(c.req.raw);
  const stranger = NOT_HERE.find((name) => given.names().includes(name));
  if (stranger !== undefined) {
    throw new ServiceError(
      "usage",
      `Cannot set ${stranger} here: PHASE belongs to the job's /phase, ACTION to the job, a list to the making of one`,
    );
  }
  const { id, parameters: before } = await jobs.get(jobIdOf(c), c.var.user);
  const kept = before.filter(([name]) => !given.names().includes(name.toUpperCase()));
  const after = new Parameters([...kept, ...listOf(given)]);
  checkJobParameters(after);
  checkListUse(after, { hasList: after.all(UPLOAD).length > 0 });
  await jobs.setParameters(id, c.var.user, listOf(given));
  return seeOther(c, jobUrl(c, id));
}

/** One value a line; of an uploaded list, the list. */
async function handleValue(c: AsyncContext, { jobs }: ParameterServices): Promise<Response> {
  const job = await jobs.get(jobIdOf(c), c.var.user);
  const name = (c.req.param("name") ?? "").toUpperCase();
  const values = job.parameters.flatMap(([given, value]) => (given.toUpperCase() === name ? [value] : []));
  if (values.length === 0) {
    throw new ServiceError("not-found", `Cannot show parameter ${JSON.stringify(name.slice(0, 100))}: it is not given`);
  }
  const rows = name === UPLOAD ? await jobs.rows(job.id, c.var.user) : [];
  if (rows.length === 0) return answerText(c, values.join("\n"));
  c.header("Cache-Control", "no-store");
  c.header("Content-Disposition", 'inline; filename="list.csv"');
  return c.body(formatCsv(rows), 200, { "Content-Type": "text/csv; charset=utf-8; header=present" });
}

/** An empty value stays: it takes the place of what was there. */
function listOf(given: Parameters): ParameterList {
  return given.names().flatMap((name): ParameterList => {
    const values = given.all(name);
    return values.length === 0 ? [[name, ""]] : values.map((value) => [name, value] as const);
  });
}

/** The columns as they came, but that nothing in them is a formula. */
function formatCsv(rows: readonly ListedRow[]): string {
  const names = [...new Set(rows.flatMap(({ columns }) => Object.keys(columns)))];
  const lines = rows.map(({ columns }) =>
    formatCsvLine(names.map((name) => (Object.hasOwn(columns, name) ? columns[name] : null))),
  );
  return formatCsvLine(names) + lines.join("");
}
