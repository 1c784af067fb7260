import type { Context, Hono } from "hono";
import type { LimitValues } from "../access/limits/limits.ts";
import type { Reservation } from "../access/limits/traffic.ts";
import type { User } from "../access/user.ts";
import type { Cutout } from "../cutout/cutout.ts";
import type { CutoutServices } from "../cutout/open-cutout.ts";
import type { CutoutCost } from "../cutout/plan.ts";
import type { StreamEnd } from "../encode/fits.ts";
import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { parseSodaParameters, type SodaParameters } from "../ivoa/soda.ts";
import type { AppEnv } from "./app-env.ts";
import { evaluatePreconditions } from "./conditional.ts";
import { startDeadline, type Deadline } from "./deadline.ts";
import { answerError } from "./error-response.ts";
import { letProxyKeep } from "./hand-to-proxy.ts";
import type { ReadableBy } from "./readable-by.ts";
import { readParameters } from "./request-parameters.ts";
import { addResource } from "./resource.ts";
import { circleOfImage, openSyncCutout, planSyncCutout, type UserCutouts } from "./sync-limits.ts";
import { storedParametersOf, type RecordSync } from "./sync-record.ts";
import { cutoutRequestOf } from "./sync-request.ts";
import { describeJob, withWaysOut } from "./sync-way-out.ts";
import { WorkMeter } from "./work-meter.ts";

export type SyncServices = {
  /** The registry and the limits are those of who asks. */
  readonly cutouts: Omit<CutoutServices, "registry" | "limits">;
  /** The surveys as who asks may see them: requests are answered from these alone. */
  readonly readableBy: ReadableBy;
  /** Seconds that one synchronous cutout may take, from its request to its last byte. */
  readonly timeoutSeconds: number;
  /** What a user may have of one cutout: pixels, and seconds that it may be thought to take. */
  readonly limitsOf: (user: User) => SyncLimits;
  /** How long a cutout of this cost is thought to take; null: not known. */
  readonly estimateSeconds?: ((cost: CutoutCost) => number | null) | undefined;
  /** Keeps the user's history; none where it is left out. */
  readonly recordSync?: RecordSync | undefined;
  /** Told when work on a request begins; what it gives back is called when that pauses. Jobs wait in between. */
  readonly enterRealtime?: (() => () => void) | undefined;
};

export type SyncLimits = Pick<LimitValues, "syncPixels" | "syncSeconds">;

/** SODA 1.0's {sync} resource. */
export function addSyncRoutes(app: Hono<AppEnv>, services: SyncServices): void {
  const handle = (c: Context<AppEnv>) => handleSync(c, servicesFor(c.get("user"), services));
  addResource(app, "/sync", { GET: handle, POST: handle });
}

/** The same for one user: over what that one may read, and with what that one may have. */
type UserSyncServices = SyncServices & UserCutouts;

function servicesFor(user: User, services: SyncServices): UserSyncServices {
  const { syncPixels, syncSeconds } = services.limitsOf(user);
  const registry = services.readableBy(user);
  return {
    ...services,
    cutouts: { ...services.cutouts, registry, limits: { maxPixels: syncPixels, pixelLimit: "syncPixels" } },
    mostSeconds: syncSeconds,
  };
}

async function handleSync(c: Context<AppEnv>, services: UserSyncServices): Promise<Response> {
  const run = startRun(c, services);
  try {
    run.given = await readParameters(c.req.raw);
    const parameters = (run.parameters = parseSodaParameters(run.given));
    const cutout = await openSyncCutout(cutoutRequestOf(parameters), services, run.deadline.signal);
    if (cutout === null) {
      run.end({ status: 204 });
      return c.body(null, 204); // no pixels in common (SODA 1.0, section 5.1)
    }
    run.cost = cutout.cost;
    return await answer(c, cutout, parameters, run);
  } catch (error) {
    const reason = await reasonOf(error, c, services, run);
    const { response, status, text } = answerError(c, reason);
    run.end({ status: c.req.raw.signal.aborted ? STATUS_OF_END.canceled : status, error: reason, text });
    return response;
  }
}

/** 200 with the file, 304, or 412 (RFC 9110, section 13); HEAD is 200 without the file. */
async function answer(c: Context<AppEnv>, cutout: Cutout, parameters: SodaParameters, run: SyncRun): Promise<Response> {
  const verdict = evaluatePreconditions(c.req.raw.headers, cutout.etag);
  if (verdict === "proceed" && c.req.method !== "HEAD") {
    const onEnd = ({ outcome, byteLength: bytes, error }: StreamEnd) =>
      run.end({ status: STATUS_OF_END[outcome], bytes, error });
    run.reservation = reserveBytes(c, cutout);
    const body = await cutout.open({ signal: run.deadline.signal, onEnd }); // may fail: no header of it is set before
    setHeaders(c, cutout, parameters);
    if (body instanceof Uint8Array) return c.body(body, 200);
    run.meter.stop();
    return c.body(run.meter.watch(body), 200);
  }
  cutout.dispose();
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
      return c.body(null, 200);
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

/** To be kept, and asked for again by its ETag; what a user was given, by nobody else's cache. */
function setValidators(c: Context<AppEnv>, { etag }: Cutout): void {
  c.header("ETag", etag);
  c.header("Cache-Control", c.get("user").role === "anonymous" ? "no-cache" : "private, no-cache");
}

function setHeaders(c: Context<AppEnv>, cutout: Cutout, { mediaType, disposition }: SodaParameters): void {
  const { fileName, byteLength, missing } = cutout;
  setValidators(c, cutout);
  c.header("Content-Type", mediaType);
  c.header("Content-Length", String(byteLength));
  c.header("Content-Disposition", `${disposition}; filename="${fileName}"`);
  if (missing.length > 0) c.header("X-Missing-Images", String(missing.length));
  if (c.get("user").role === "anonymous") letProxyKeep(c);
}

/** As nginx counts a client that went away. */
const STATUS_OF_END = { whole: 200, canceled: 499, failed: 500 } as const;

/** One request, from its first byte to the last of its answer. What is known of it is filled in as it becomes known. */
type SyncRun = {
  readonly deadline: Deadline;
  readonly meter: WorkMeter;
  given: Parameters;
  parameters: SodaParameters | undefined;
  cost: Cutout["cost"] | undefined;
  reservation: Reservation | undefined;
  /** To be called once, at whatever end. `text`: what the client was told. */
  readonly end: (end: { status: number; bytes?: number; error?: unknown; text?: string }) => void;
};

function startRun(c: Context<AppEnv>, services: SyncServices): SyncRun {
  const started = performance.now();
  const startedAt = Date.now();
  const [notes, user, grant] = [c.get("notes"), c.get("user"), c.get("grant")]; // `c.var` copies all there is
  const deadline = startDeadline(c.req.raw.signal, services.timeoutSeconds);
  const meter = new WorkMeter(services.enterRealtime);
  meter.start();
  const run: SyncRun = {
    deadline,
    meter,
    given: NO_PARAMETERS,
    parameters: undefined,
    cost: undefined,
    reservation: undefined,
    end({ status, bytes = 0, error, text }) {
      deadline.end();
      meter.stop();
      run.reservation?.settle(bytes);
      const { cost, parameters, given } = run;
      const runId = parameters?.runId;
      const milliseconds = performance.now() - started;
      Object.assign(notes, { cost, runId, error: status === STATUS_OF_END.canceled ? undefined : error });
      services.recordSync?.({
        owner: user.id,
        actor: grant.kind === "token" ? grant.actor?.id : undefined,
        startedAt,
        runId,
        parameters: storedParametersOf(given),
        status,
        durationMilliseconds: milliseconds,
        workMilliseconds: meter.milliseconds,
        byteLength: bytes,
        cost,
        error: text?.trimEnd(),
      });
    },
  };
  return run;
}

const NO_PARAMETERS = new Parameters([]);

/** What the client is told; where the request was too large, with what it can do. */
async function reasonOf(
  error: unknown,
  c: Context<AppEnv>,
  services: UserSyncServices,
  { deadline, parameters, given }: SyncRun,
): Promise<unknown> {
  if (deadline.isOver) return timeoutError(services, describeJob({ given, publicUrl: c.var.publicUrl }));
  const isTooLarge = error instanceof ServiceError && error.code === "over-limit";
  if (!isTooLarge || parameters === undefined || deadline.signal.aborted) return error;
  if (error.limit === "bytesPerDay") return error; // of what is sent, also of a job
  const request = cutoutRequestOf(parameters);
  const { signal } = deadline;
  return withWaysOut(error, {
    request,
    given,
    publicUrl: c.var.publicUrl,
    plan: (stencil) => planSyncCutout({ ...request, stencil }, services, signal),
    shapeOfImage: () => circleOfImage(request.id, services.cutouts.registry, signal),
    limits: { searchMilliseconds: WAY_OUT_MILLISECONDS },
  });
}

/** How long a refusal may look for what would not be refused. */
const WAY_OUT_MILLISECONDS = 1000;

function timeoutError({ timeoutSeconds }: SyncServices, wayOut: string): ServiceError {
  const message = `Cannot cut within the ${timeoutSeconds} seconds that are allowed: a smaller shape or fewer bands are needed`;
  return new ServiceError("over-limit", `${message}\n${wayOut}`);
}
