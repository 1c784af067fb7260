import { ServiceError } from "../errors.ts";
import { formatBytesExactly } from "../format-bytes.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { createRowCheck, knownReleases, type RowCheck } from "../jobs/check-rows.ts";
import type { CoordinateList } from "../jobs/coordinate-list.ts";
import { checkJobParameters, checkListUse } from "../jobs/job-parameters.ts";
import type { NewJob } from "../jobs/job-service.ts";
import type { CoordinateListLimits } from "../jobs/parse-coordinate-list.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import { isForm, mediaTypeOf, parseForm, readBody, refuseUntypedBody } from "./read-body.ts";

export type JobRequestLimits = {
  readonly list: CoordinateListLimits;
  /** Of everything in a form but the list. */
  readonly maxFormBytes: number;
};

type Entry = readonly [name: string, value: string];
type Upload = { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array };
type Sent = { readonly entries: readonly Entry[]; readonly upload: Upload | null };

/**
 * Reads the request that makes a job (UWS 1.1, section 2.2.3.1): parameters of the query and of a form, and a list of
 * positions, as the file UPLOAD of a form, as DALI's `UPLOAD=name,param:part`, or as the whole body. Never more than the
 * limits of it is held, and nothing is fetched. The list is kept among the parameters as UPLOAD, by its name. Its rows
 * are looked at whole, also by the rules of the releases that ID names: they cannot be changed later.
 */
export async function readJobRequest(
  request: Request,
  { registry, limits }: { readonly registry: Pick<SurveyRegistry, "getRelease">; readonly limits: JobRequestLimits },
): Promise<Omit<NewJob, "owner">> {
  const { entries, upload } = await readSent(request, limits);
  const given = entries
    .map(([name, value]): Entry => [name.toUpperCase(), value.trim()])
    .filter(([, value]) => value !== "");
  const parameters = new Parameters(given);
  checkJobParameters(parameters);
  checkListUse(parameters, { hasList: upload !== null });
  const run = readPhase(parameters);
  const checkRow = createRowCheck(knownReleases(parameters.all("ID"), registry));
  const list = upload === null ? null : await readList(upload, { parameters, checkRow, limits: limits.list });
  const kept = given.filter(([name]) => name !== "PHASE");
  return { parameters: upload === null ? kept : [...kept, ["UPLOAD", upload.name]], list, run };
}

/** Readers of VOTable and JSON are loaded with the first list. */
async function readList(
  upload: Upload,
  { parameters, checkRow, limits }: { parameters: Parameters; checkRow: RowCheck; limits: CoordinateListLimits },
): Promise<CoordinateList> {
  const { parseCoordinateList, readColumnMapping } = await import("../jobs/parse-coordinate-list.ts");
  return parseCoordinateList({ ...upload, mapping: readColumnMapping(parameters), checkRow, limits });
}

/** PHASE=RUN asks for the job to run at once; it may come with the query (UWS 1.1, section 2.2.3.1). */
function readPhase(parameters: Parameters): boolean {
  const phase = parameters.single("PHASE");
  if (phase !== undefined && phase !== "RUN") {
    throw new ServiceError("usage", `Cannot use PHASE ${JSON.stringify(phase.slice(0, 100))}: a new job takes RUN`);
  }
  return phase === "RUN";
}

async function readSent(request: Request, limits: JobRequestLimits): Promise<Sent> {
  const query = [...new URL(request.url).searchParams];
  const mediaType = mediaTypeOf(request.headers);
  if (mediaType === "") {
    await refuseUntypedBody(request, `a form, urlencoded or multipart, or ${A_LIST}`);
    return findUpload(query, null, limits);
  }
  if (isForm(mediaType)) {
    const isMultipart = mediaType === "multipart/form-data";
    const body = await readFormBody(request, limits.maxFormBytes + (isMultipart ? limits.list.maxBytes : 0));
    const form = await parseForm(body, request.headers);
    if (!isMultipart) checkFieldNames(form);
    const texts = [...form].filter((field): field is [string, string] => typeof field[1] === "string");
    return findUpload([...query, ...texts], form, limits);
  }
  if (!LIST_TYPES.test(mediaType)) {
    throw new ServiceError(
      "usage",
      `Cannot read a body of type "${mediaType.slice(0, 100)}": it needs a form, urlencoded or multipart, or ${A_LIST}`,
    );
  }
  if (query.some(([name]) => isUpload(name))) throw severalLists();
  const bytes = await readBody(request, limits.list.maxBytes);
  return { entries: query, upload: { name: "list", mediaType: request.headers.get("content-type") ?? "", bytes } };
}

const A_LIST =
  "a list of positions as text/csv, text/tab-separated-values, application/json or application/x-votable+xml";
/** What curl sends as a form where nobody says what it is. */
const HOW_TO_SEND = "a list of positions needs its type: curl -H 'Content-Type: text/csv' --data-binary @list.csv";
/** No parameter has these in its name, or so long a one. */
const NO_NAME = /[\s,;<>{}[\]"]|^.{65}/s;

function checkFieldNames(form: FormData): void {
  for (const name of form.keys()) {
    if (!NO_NAME.test(name)) continue;
    const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name);
    throw new ServiceError("usage", `Cannot read the form: its field ${shown} is no parameter; ${HOW_TO_SEND}`);
  }
}

async function readFormBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readBody(request, maxBytes);
  } catch (cause) {
    if (!(cause instanceof ServiceError) || cause.code !== "over-limit") throw cause;
    throw new ServiceError("over-limit", `${cause.message} as a form; ${HOW_TO_SEND}`, { cause });
  }
}

const LIST_TYPES = /^(?:text\/(?:csv|tab-separated-values|plain|xml)|application\/(?:json|xml|x-votable\+xml))$/;
/** `name,param:part`, or `name,` and an address elsewhere (DALI 1.1, section 3.4.5). */
const DALI_UPLOAD = /^([^\s,]{1,100}),([a-z][a-z0-9+.-]{0,20}):(\S*)$/i;

/** The one list of a form, or of a query, and the parameters beside it. */
async function findUpload(
  texts: readonly Entry[],
  form: FormData | null,
  { maxFormBytes, list }: JobRequestLimits,
): Promise<Sent> {
  const files = [...(form ?? [])].filter((field): field is [string, File] => isChosen(field[1]));
  const values = texts
    .filter(([name, value]) => isUpload(name) && value.trim() !== "")
    .map(([, value]) => value.trim());
  const own = files.filter(([name]) => isUpload(name)).map(([, file]) => file);
  if (values.length + own.length > 1) throw severalLists();
  const dali = values.length === 0 ? null : DALI_UPLOAD.exec(values[0]);
  if (dali !== null && dali[2].toLowerCase() !== "param") {
    throw new ServiceError(
      "usage",
      `Cannot use UPLOAD ${JSON.stringify(values[0].slice(0, 200))}: nothing is fetched; it needs name,param:part`,
    );
  }
  const part = dali?.[3];
  const stranger = files.find(([name]) => !isUpload(name) && name !== part);
  if (stranger !== undefined) {
    throw new ServiceError(
      "usage",
      `Cannot use the file ${JSON.stringify(stranger[0].slice(0, 100))}: a list is UPLOAD`,
    );
  }
  const entries = texts.filter(([name]) => !isUpload(name) && name !== part);
  if (entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0) > maxFormBytes) {
    throw new ServiceError(
      "over-limit",
      `Cannot read the form: beside the list it has more than ${formatBytesExactly(maxFormBytes)}`,
    );
  }
  const upload = await readUpload(values[0], own[0], part === undefined ? null : { name: part, form });
  if (upload !== null && upload.bytes.length > list.maxBytes) {
    throw new ServiceError(
      "over-limit",
      `Cannot use the list: it has more than ${formatBytesExactly(list.maxBytes)}; send it in parts, as several jobs`,
    );
  }
  return { entries, upload: dali === null || upload === null ? upload : { ...upload, name: dali[1] } };
}

/** A file; a part that UPLOAD names; or the list itself as the value of UPLOAD, as a page's text area sends it. */
async function readUpload(
  value: string | undefined,
  file: File | undefined,
  part: { readonly name: string; readonly form: FormData | null } | null,
): Promise<Upload | null> {
  if (part !== null) {
    const named = part.form?.getAll(part.name) ?? [];
    if (named.length !== 1) {
      const shown = JSON.stringify(part.name.slice(0, 100));
      throw new ServiceError("usage", `Cannot use UPLOAD: the form has ${named.length} parts ${shown}, and needs one`);
    }
    return typeof named[0] === "string" ? uploadOfText(named[0]) : uploadOfFile(named[0]);
  }
  if (file !== undefined) return uploadOfFile(file);
  return value === undefined ? null : uploadOfText(value);
}

/** Browsers send a file that nobody chose as one without name and bytes. */
function isChosen(value: FormDataEntryValue): boolean {
  return typeof value !== "string" && (value.size > 0 || value.name !== "");
}

async function uploadOfFile(file: File): Promise<Upload> {
  const name = file.name.replace(/[^\p{L}\p{N} ._+()-]/gu, "_").slice(0, 100);
  return { name: name === "" ? "list" : name, mediaType: file.type, bytes: new Uint8Array(await file.arrayBuffer()) };
}

function uploadOfText(text: string): Upload {
  return { name: "list", mediaType: "", bytes: new TextEncoder().encode(text) };
}

function isUpload(name: string): boolean {
  return name.toUpperCase() === "UPLOAD";
}

function severalLists(): ServiceError {
  return new ServiceError("usage", "Cannot use UPLOAD: a job takes one list of positions");
}
