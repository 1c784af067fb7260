import { formatInstant, type UwsPhase } from "./uws-values.ts";
import { escapeAttribute, escapeText } from "./xml.ts";

/** A job as UWS 1.1 shows it. Instants are milliseconds since 1970, UTC; addresses are absolute. */
export type UwsJob = {
  readonly id: string;
  readonly runId: string | null;
  /** null: nobody signed in. */
  readonly owner: string | null;
  readonly phase: UwsPhase;
  readonly quoteAt: number | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** 0: as long as it takes. */
  readonly executionDurationSeconds: number;
  readonly destructionAt: number | null;
  readonly parameters: readonly UwsParameter[];
  readonly results: readonly UwsResult[];
  readonly error: UwsError | null;
  readonly info: UwsJobInfo;
};

export type UwsParameter = {
  readonly name: string;
  /** Where `byReference`, the address of the value. */
  readonly value: string;
  readonly byReference: boolean;
};

export type UwsResult = {
  /** Unique in its job. */
  readonly id: string;
  readonly url: string;
  readonly mediaType: string;
  readonly byteLength: number | null;
};

export type UwsError = { readonly kind: "transient" | "fatal"; readonly message: string };

/** What we add to the standard's job: counts, and addresses of what else there is, both by a name that XML takes. */
export type UwsJobInfo = {
  /** Name of the service that made the job in its owner's name. */
  readonly actor?: string | null;
  readonly progress: Readonly<Record<string, number>>;
  readonly links: Readonly<Record<string, string>>;
};

/** One entry of the job list. */
export type UwsJobReference = {
  readonly id: string;
  readonly url: string;
  readonly phase: UwsPhase;
  readonly runId: string | null;
  readonly owner: string | null;
  readonly createdAt: number;
};

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';
/** Still 1.0 in UWS 1.1. pyvo looks for the prefix `xlink:` as text, so it may be no other. */
const UWS = 'xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0"';
const XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"';
const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const RECORTE = 'xmlns:recorte="urn:recorte:job-info:1"';
/** Of `uws:executionDuration`, an xs:int. */
const MAX_DURATION_SECONDS = 2 ** 31 - 1;

/** uws:job: the elements and their order are those of its schema; those it requires are there in every phase. */
export function formatJob(job: UwsJob): string {
  return (
    XML +
    `<uws:job version="1.1" ${UWS} ${XLINK} ${XSI}>\n` +
    element("jobId", job.id) +
    optional("runId", job.runId) +
    nillable("ownerId", job.owner) +
    element("phase", job.phase) +
    nillable("quote", instantOf(job.quoteAt)) +
    element("creationTime", formatInstant(job.createdAt)) +
    nillable("startTime", instantOf(job.startedAt)) +
    nillable("endTime", instantOf(job.endedAt)) +
    element("executionDuration", String(Math.min(job.executionDurationSeconds, MAX_DURATION_SECONDS))) +
    nillable("destruction", instantOf(job.destructionAt)) +
    container("parameters", "", job.parameters.map(parameter)) +
    container("results", "", job.results.map(result)) +
    (job.error === null ? "" : errorSummary(job.error)) +
    jobInfo(job.info) +
    "</uws:job>\n"
  );
}

/** uws:jobs, in the order given. */
export function formatJobList(jobs: readonly UwsJobReference[]): string {
  return XML + container("jobs", ` version="1.1" ${UWS} ${XLINK} ${XSI}`, jobs.map(jobReference));
}

export function formatParameters(parameters: readonly UwsParameter[]): string {
  return XML + container("parameters", ` ${UWS}`, parameters.map(parameter));
}

export function formatResults(results: readonly UwsResult[]): string {
  return XML + container("results", ` ${UWS} ${XLINK}`, results.map(result));
}

function jobReference({ id, url, phase, runId, owner, createdAt }: UwsJobReference): string {
  return (
    `<uws:jobref id="${escapeAttribute(id)}" xlink:href="${escapeAttribute(url)}">\n` +
    element("phase", phase) +
    optional("runId", runId) +
    nillable("ownerId", owner) +
    element("creationTime", formatInstant(createdAt)) +
    "</uws:jobref>\n"
  );
}

function parameter({ name, value, byReference }: UwsParameter): string {
  const reference = byReference ? ' byReference="true"' : "";
  return `<uws:parameter id="${escapeAttribute(name)}"${reference}>${escapeText(value)}</uws:parameter>\n`;
}

function result({ id, url, mediaType, byteLength }: UwsResult): string {
  const size = byteLength === null ? "" : ` size="${byteLength}"`;
  return (
    `<uws:result id="${escapeAttribute(id)}" xlink:href="${escapeAttribute(url)}"` +
    ` mime-type="${escapeAttribute(mediaType)}"${size}/>\n`
  );
}

/** hasDetail: the job's /error has the text. */
function errorSummary({ kind, message }: UwsError): string {
  return `<uws:errorSummary type="${kind}" hasDetail="true">\n${element("message", message)}</uws:errorSummary>\n`;
}

/**
 * The schema takes any elements in uws:jobInfo; ours are in a namespace of their own, and few: pyvo warns of each that
 * it does not know.
 */
function jobInfo({ actor = null, progress, links }: UwsJobInfo): string {
  const attributes = (values: Readonly<Record<string, string | number>>) =>
    Object.entries(values).map(([name, value]) => ` ${name}="${escapeAttribute(String(value))}"`);
  return (
    `<uws:jobInfo ${RECORTE}>\n` +
    `<recorte:progress${attributes(progress).join("")}/>\n` +
    `<recorte:links${attributes(links).join("")}/>\n` +
    (actor === null ? "" : `<recorte:actor>${escapeText(actor)}</recorte:actor>\n`) +
    "</uws:jobInfo>\n"
  );
}

function container(name: string, attributes: string, children: readonly string[]): string {
  if (children.length === 0) return `<uws:${name}${attributes}/>\n`;
  return `<uws:${name}${attributes}>\n${children.join("")}</uws:${name}>\n`;
}

function element(name: string, text: string): string {
  return `<uws:${name}>${escapeText(text)}</uws:${name}>\n`;
}

/** One that the schema lets us leave out. */
function optional(name: string, text: string | null): string {
  return text === null ? "" : element(name, text);
}

/** One that has to be there, and says that there is no value. */
function nillable(name: string, text: string | null): string {
  return text === null ? `<uws:${name} xsi:nil="true"/>\n` : element(name, text);
}

function instantOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : formatInstant(milliseconds);
}
