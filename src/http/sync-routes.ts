import type { Context, Hono } from "hono";
import type { Reservation } from "../access/limits/traffic.ts";
import type { Cutout } from "../cutout/cutout.ts";
import { ServiceError } from "../errors.ts";
import { parseSodaParameters, type SodaParameters } from "../ivoa/soda.ts";
import { setAnswerHeader } from "./answer-header.ts";
import { makeInLentMemory } from "./answer-memory.ts";
import type { AppEnv } from "./app-env.ts";
import { evaluatePreconditions, type Verdict } from "./conditional.ts";
import { createDeadlines } from "./deadline.ts";
import { answerError } from "./error-response.ts";
import { letProxyKeep } from "./hand-to-proxy.ts";
import { requestHeader } from "./request-header.ts";
import { parametersOfQuery, readParameters } from "./request-parameters.ts";
import { addResource } from "./resource.ts";
import {
  circleOfImage,
  createUserCutouts,
  openSyncCutout,
  planSyncCutout,
  type SyncCutouts,
  type UserCutouts,
} from "./sync-limits.ts";
import { cutoutRequestOf } from "./sync-request.ts";
import { SyncRun, type SyncRunServices } from "./sync-run.ts";
import { describeJob, withWaysOut } from "./sync-way-out.ts";

export type SyncServices = SyncCutouts &
  Omit<SyncRunServices, "startDeadline"> & {
    /** Seconds that one synchronous cutout may take, from its request to its last byte. */
    readonly timeoutSeconds: number;
  };

/** SODA 1.0's {sync} resource. */
export function addSyncRoutes(app: Hono<AppEnv>, services: SyncServices): void {
  const cutoutsOf = createUserCutouts(services);
  const ofRuns = { ...services, startDeadline: createDeadlines(services.timeoutSeconds) };
  const handle = (c: Context<AppEnv>) => handleSync(c, cutoutsOf(c.get("user")), new SyncRun(c, ofRuns));
  addResource(app, "/sync", { GET: handle, POST: handle });
}

async function handleSync(c: Context<AppEnv>, cutouts: UserCutouts, run: SyncRun): Promise<Response> {
  try {
    run.given = c.req.method === "POST" ? await readParameters(c.req.raw) : parametersOfQuery(c.req.url);
    const parameters = (run.parameters = parseSodaParameters(run.given));
    const cutout = await openSyncCutout(cutoutRequestOf(parameters), cutouts, run.deadline.signal);
    if (cutout === null) {
      run.end({ status: 204 });
      return c.body(null, 204); // no pixels in common (SODA 1.0, section 5.1)
    }
    run.cost = cutout.cost;
    const verdict = hasConditions(c) ? evaluatePreconditions(c.req.raw.headers, cutout.etag) : "proceed";
    if (verdict === "proceed" && c.req.method !== "HEAD") return await send(c, cutout, parameters, run);
    cutout.dispose();
    return answerWithoutFile(c, cutout, { verdict, parameters }, run);
  } catch (error) {
    const reason = await reasonOf(error, c, cutouts, run);
    const { response, status, text } = answerError(c, reason);
    run.endRefused({ status, error: reason, text });
    return response;
  }
}

/** 200 with the file. */
async function send(c: Context<AppEnv>, cutout: Cutout, parameters: SodaParameters, run: SyncRun): Promise<Response> {
  run.reservation = reserveBytes(c, cutout);
  const { signal } = run.deadline;
  // May fail: no header of it is set before.
  const body = await makeInLentMemory(c, run.lentMemory, (lend) =>
    cutout.open({ signal, onEnd: (end) => run.endSent(end), lend }),
  );
  setHeaders(c, cutout, parameters);
  const headers = { "Content-Type": parameters.mediaType }; // of more than one Hono would make Headers
  if (body instanceof Uint8Array) return c.body(body as Uint8Array<ArrayBuffer>, 200, headers); // or shared: see above
  run.meter.stop();
  return c.body(run.meter.watch(body), 200, headers);
}

type Conditions = { readonly verdict: Verdict; readonly parameters: SodaParameters };

/** HEAD, 304, or 412 (RFC 9110, section 13). */
function answerWithoutFile(
  c: Context<AppEnv>,
  cutout: Cutout,
  { verdict, parameters }: Conditions,
  run: SyncRun,
): Response {
  switch (verdict) {
    case "failed":
      run.end({ status: 412 });
      return c.text(`UsageError: The cutout is now ${cutout.etag}, and If-Match asks for another\n`, 412);
    case "not-modified":
      run.end({ status: 304 });
      setValidators(c, cutout);
      return c.body(null, 304);
    case "proceed":
      run.end({ status: 200 });
      setHeaders(c, cutout, parameters);
      return c.body(null, 200, { "Content-Type": parameters.mediaType });
  }
}

/** Of the day's; a cutout for which there are not so many left is not made. */
function reserveBytes(c: Context<AppEnv>, cutout: Cutout): Reservation | undefined {
  try {
    return c.get("reserveBytes")?.(cutout.byteLength);
  } catch (error) {
    cutout.dispose();
    throw error;
  }
}

/** Nearly no request has any. */
function hasConditions(c: Context<AppEnv>): boolean {
  return requestHeader(c, "if-match") !== undefined || requestHeader(c, "if-none-match") !== undefined;
}

/** To be kept, and asked for again by its ETag; what a user was given, by nobody else's cache. */
function setValidators(c: Context<AppEnv>, { etag }: Cutout): void {
  setAnswerHeader(c, "ETag", etag);
  setAnswerHeader(c, "Cache-Control", c.get("user").role === "anonymous" ? "no-cache" : "private, no-cache");
}

/** All but the type, which goes with the body. */
function setHeaders(c: Context<AppEnv>, cutout: Cutout, { disposition }: SodaParameters): void {
  const { fileName, byteLength, missing } = cutout;
  setValidators(c, cutout);
  setAnswerHeader(c, "Content-Length", String(byteLength));
  setAnswerHeader(c, "Content-Disposition", `${disposition}; filename="${fileName}"`);
  if (missing.length > 0) setAnswerHeader(c, "X-Missing-Images", String(missing.length));
  if (c.get("user").role === "anonymous") letProxyKeep(c);
}

/** What the client is told; where the request was too large, with what it can do. */
async function reasonOf(
  error: unknown,
  c: Context<AppEnv>,
  cutouts: UserCutouts,
  { deadline, parameters, given }: SyncRun,
): Promise<unknown> {
  if (deadline.stoppedBy === "time") {
    return timeoutError(deadline.seconds, describeJob({ given, publicUrl: c.var.publicUrl }));
  }
  const isTooLarge = error instanceof ServiceError && error.code === "over-limit";
  if (!isTooLarge || parameters === undefined || deadline.signal.aborted) return error;
  if (error.limit === "bytesPerDay") return error; // of what is sent, also of a job
  const request = cutoutRequestOf(parameters);
  const { signal } = deadline;
  return withWaysOut(error, {
    request,
    given,
    publicUrl: c.var.publicUrl,
    plan: (stencil) => planSyncCutout({ ...request, stencil }, cutouts, signal),
    shapeOfImage: () => circleOfImage(request.id, cutouts.cutouts.registry, signal),
    limits: { searchMilliseconds: WAY_OUT_MILLISECONDS },
  });
}

/** How long a refusal may look for what would not be refused. */
const WAY_OUT_MILLISECONDS = 1000;

function timeoutError(seconds: number, wayOut: string): ServiceError {
  const message = `Cannot cut within the ${seconds} seconds that are allowed: a smaller shape or fewer bands are needed`;
  return new ServiceError("over-limit", `${message}\n${wayOut}`);
}
