import { JSON_LIST } from "../../ivoa/list-json.ts";
import { UWS_PHASES } from "../../ivoa/uws-values.ts";
import { describeSodaParameters } from "./soda-parameters.ts";
import { formOf, schemaOf, TEXT, XML, type ApiParameter, type Operation } from "./operation.ts";

const phase = { type: "string", enum: UWS_PHASES };
const instant = { type: "string", format: "date-time" };
const text = { type: "string" };

const NOT_FOUND = { 404: { description: "UsageError: no such job, or not one of this user's", content: TEXT } };
const TOO_MANY = {
  429: {
    description: "UsageError: as many jobs as one may have, or have waiting or running; Retry-After",
    content: TEXT,
  },
};
const REFUSED = {
  400: { description: "UsageError, and what would be right", content: TEXT },
  403: { description: "UsageError: not in this phase of the job", content: TEXT },
};
const toJob = { 303: { description: "See the job, at Location" } };

const RUN: ApiParameter = {
  name: "PHASE",
  description: "RUN starts the job at once",
  schema: { type: "string", enum: ["RUN"] },
};
const LIST_COLUMNS: readonly ApiParameter[] = [
  ["SIZE", "Width and height about each position of a list, arcmin: one number for a square, or two", "1"],
  ["RA_COLUMN", "Column of the list with the right ascension; else it is found by its name or UCD", "RAJ2000"],
  ["DEC_COLUMN", "Column with the declination", "DEJ2000"],
  ["ID_COLUMN", "Column with the user's own names", "object"],
  ["SIZE_COLUMN", "Column with a SIZE of each row", "size"],
  ["FILTER_COLUMN", "Column with a FILTER of each row", "filter"],
  ["FORMAT_COLUMN", "Column with a RESPONSEFORMAT of each row", "format"],
].map(([name, description, example]) => ({ name, description, example, schema: text }));

const soda = describeSodaParameters("async");
const parameters = [...soda, ...LIST_COLUMNS];
const UPLOAD: ApiParameter = {
  name: "UPLOAD",
  description: "A list of positions: CSV, VOTable or JSON",
  schema: { type: "string", format: "binary" },
};

type Part = Omit<Operation, "tag" | "path">;
const below = (path: string, ...parts: readonly Part[]): Operation[] =>
  parts.map((part) => ({
    ...part,
    path: `/async/:id${path}`,
    tag: "Jobs",
    responses: { ...part.responses, ...NOT_FOUND },
  }));

const shows = (description: string, content: Readonly<Record<string, object>>) => ({ 200: { description, content } });
const form = (name: string, schema: object, description: string) =>
  formOf([{ name, description, schema, required: true }]);

/** UWS 1.1, section 2.2, and what is ours below it. */
export const ASYNC_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/async",
    tag: "Jobs",
    summary: "The jobs of the user, the newest first",
    query: [
      { name: "PHASE", description: "Only jobs in one of these phases", schema: { type: "array", items: phase } },
      { name: "AFTER", description: "Only jobs made after this instant, UTC", schema: instant },
      { name: "LAST", description: "At most so many", schema: { type: "integer", minimum: 1 } },
    ],
    responses: { ...shows("uws:jobs", XML), 400: REFUSED[400] },
  },
  {
    method: "post",
    path: "/async",
    tag: "Jobs",
    summary: "Make a job",
    description:
      "Every combination of ID, shape, FILTER or BAND, and TIME becomes a result. With a list of positions, every row of " +
      "it does; the parameters that say nothing about the position hold for all rows.",
    query: [...parameters.map((parameter) => ({ ...parameter, required: false })), RUN],
    body: {
      ...formOf([...parameters.map((parameter) => ({ ...parameter, required: false })), RUN, UPLOAD]),
      "text/csv": { schema: text },
      "application/json": { schema: schemaOf(JSON_LIST) },
      "application/x-votable+xml": { schema: text },
    },
    responses: {
      303: { description: "The job is made: see it at Location" },
      ...REFUSED,
      ...TOO_MANY,
      413: { description: "UsageError: a larger job, body or list than is allowed", content: TEXT },
    },
  },
  ...below(
    "",
    {
      method: "get",
      summary: "The job",
      query: [
        {
          name: "WAIT",
          description: "Answer when the phase changes, or after so many seconds; -1: as long as the service allows",
          schema: { type: "integer", minimum: -1 },
        },
        { name: "PHASE", description: "Wait only while the job is in this phase", schema: phase },
      ],
      responses: { ...shows("uws:job", XML), 400: REFUSED[400] },
    },
    {
      method: "post",
      summary: "Delete the job, for clients that cannot send DELETE",
      body: form("ACTION", { type: "string", enum: ["DELETE"] }, "What to do"),
      responses: { 303: { description: "It is gone: see the list of jobs" }, 400: REFUSED[400] },
    },
    {
      method: "delete",
      summary: "Stop the job and delete it with its results",
      responses: { 303: { description: "It is gone: see the list of jobs" } },
    },
  ),
  ...below(
    "/phase",
    { method: "get", summary: "The phase", responses: shows("One word", { "text/plain": phase }) },
    {
      method: "post",
      summary: "Run or abort the job",
      body: form("PHASE", { type: "string", enum: ["RUN", "ABORT"] }, "What to do"),
      responses: { ...toJob, ...REFUSED, ...TOO_MANY },
    },
  ),
  ...below(
    "/executionduration",
    { method: "get", summary: "Seconds that the job may run", responses: shows("0: no limit", TEXT) },
    {
      method: "post",
      summary: "Set them; the service may allow fewer",
      body: form("EXECUTIONDURATION", { type: "integer", minimum: 0 }, "Seconds; 0: no limit of the client's"),
      responses: { ...toJob, ...REFUSED },
    },
  ),
  ...below(
    "/destruction",
    { method: "get", summary: "When the job and its results go", responses: shows("UTC", { "text/plain": instant }) },
    {
      method: "post",
      summary: "Set it; the service may choose an earlier instant",
      body: form("DESTRUCTION", instant, "UTC"),
      responses: { ...toJob, ...REFUSED },
    },
  ),
  ...below("/quote", {
    method: "get",
    summary: "When it is thought to be done: from its cutouts, the queue and the times of what ran before",
    responses: shows("UTC; empty where nothing is known", { "text/plain": instant }),
  }),
  ...below("/owner", { method: "get", summary: "Whose it is", responses: shows("Empty for nobody's", TEXT) }),
  ...below("/error", {
    method: "get",
    summary: "Why the job failed",
    responses: { ...shows("A label of SODA 1.0, section 5.2, and text", TEXT) },
  }),
  ...below(
    "/parameters",
    { method: "get", summary: "What was asked for", responses: shows("uws:parameters", XML) },
    {
      method: "post",
      summary: "Change parameters while the job is PENDING",
      body: formOf(parameters.map((parameter) => ({ ...parameter, required: false }))),
      responses: { ...toJob, ...REFUSED },
    },
  ),
  ...below("/parameters/:name", {
    method: "get",
    summary: "The values of one parameter, a line each; of UPLOAD the list as CSV",
    responses: shows("Text", TEXT),
  }),
  ...below("/rerun", {
    method: "post",
    summary: "Run again what failed or was left undone; what is done stays",
    responses: { ...toJob, ...REFUSED, ...TOO_MANY },
  }),
  ...below("/events", {
    method: "get",
    summary: "Progress as it is made: server-sent events, to the end of the job",
    responses: {
      ...shows("Events named progress, and end at last: also when the token or session asked with has ended", {
        "text/event-stream": text,
      }),
      429: { description: "UsageError: as many are open as one may have; Retry-After", content: TEXT },
    },
  }),
  ...below("/results", { method: "get", summary: "What there is", responses: shows("uws:results", XML) }),
  ...below("/results/:name", {
    method: "get",
    summary: "One result, by its id or its file name, whole or a range of it",
    responses: {
      200: {
        description: "The file; or text that says why there is none",
        content: { "application/fits": {}, ...TEXT },
      },
      206: { description: "The range", content: { "application/fits": {} } },
      304: { description: "The file is the one that If-None-Match names" },
      416: { description: "The file has no such range", content: TEXT },
    },
  }),
  ...below("/manifest.json", {
    method: "get",
    summary: "Each row or combination, what came of it, and why",
    responses: shows("JSON; of a list with its columns", { "application/json": { type: "object" } }),
  }),
  ...below("/manifest.csv", {
    method: "get",
    summary: "The same as a table",
    responses: shows("CSV, a line a result", { "text/csv": text }),
  }),
  ...below("/results/all.zip", {
    method: "get",
    summary: "All files with the manifests, made as it is sent",
    responses: shows("ZIP, not compressed", { "application/zip": {} }),
  }),
  ...below("/results/all.tar", {
    method: "get",
    summary: "The same as a tar",
    responses: shows("POSIX tar", { "application/x-tar": {} }),
  }),
];
