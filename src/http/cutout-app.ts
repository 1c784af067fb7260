import { Hono, type Context } from "hono";
import type { StreamEnd } from "../encode/fits.ts";
import type { Cutout } from "../cutout/cutout.ts";
import { openCutout, type CutoutServices } from "../cutout/open-cutout.ts";
import { ServiceError } from "../errors.ts";
import type { Interval } from "../ivoa/dali-values.ts";
import { parseSodaParameters, type SodaParameters } from "../ivoa/soda.ts";
import { evaluatePreconditions } from "./conditional.ts";
import { startDeadline, type Deadline } from "./deadline.ts";
import { describeError } from "./error-response.ts";
import { readParameters } from "./request-parameters.ts";
import type { LogEntry } from "./log-entry.ts";

export type CutoutAppServices = {
  readonly cutouts: CutoutServices;
  /** Address of this service as clients see it, where that is not what requests say. */
  readonly publicUrl?: string | undefined;
  /** Seconds that one synchronous cutout may take, from its request to its last byte. */
  readonly timeoutSeconds: number;
  readonly log: (entry: LogEntry) => void;
};

/** The cutout service: SODA's sync resource, and what tells whether the process is well. */
export function createCutoutApp(services: CutoutAppServices): Hono {
  const app = new Hono();

  app.get("/health", (c) => c.json({ status: "ok" }));
  app.on(["GET", "POST"], "/sync", (c) => handleSync(c, services));
  app.all("/sync", (c) => c.text("UsageError: /sync takes GET, HEAD and POST\n", 405, { Allow: "GET, HEAD, POST" }));
  app.get("/", (c) => c.text(describeService(services, services.publicUrl ?? new URL(c.req.url).origin)));

  app.notFound((c) =>
    c.text(`UsageError: There is nothing at ${c.req.path}: /sync cuts images, / describes it\n`, 404),
  );
  app.onError((error, c) => errorResponse(error, c, services, performance.now()));
  return app;
}

async function handleSync(c: Context, services: CutoutAppServices): Promise<Response> {
  const started = performance.now();
  const deadline = startDeadline(c.req.raw.signal, services.timeoutSeconds);
  try {
    const parameters = parseSodaParameters(await readParameters(c.req.raw));
    const cutout = await openCutout(requestOf(parameters), services.cutouts, deadline.signal);
    if (cutout === null) {
      deadline.end();
      services.log({ event: "sync", status: 204, milliseconds: performance.now() - started });
      return c.body(null, 204); // no pixels in common (SODA 1.0, section 5.1)
    }
    return await answer(c, cutout, parameters, { services, deadline, started });
  } catch (error) {
    deadline.end();
    return errorResponse(deadline.isOver ? timeoutError(services) : error, c, services, started);
  }
}

function requestOf(parameters: SodaParameters) {
  const { id, stencil, filters, band, time, planes, checksums, missing } = parameters;
  return {
    id,
    stencil,
    bands: filters,
    wavelengthMetres: conditionOf(band),
    timeMjd: conditionOf(time),
    planes,
    checksums,
    missing,
  } as const;
}

/** An interval that is open on both sides asks for nothing; images whose value is not known stay in. */
function conditionOf(interval: Interval | undefined) {
  if (interval === undefined || (interval.low === -Infinity && interval.high === Infinity)) return undefined;
  return { min: interval.low, max: interval.high };
}

type Answering = { readonly services: CutoutAppServices; readonly deadline: Deadline; readonly started: number };

/** 200 with the file, 304, or 412 (RFC 9110, section 13); HEAD is 200 without the file. */
async function answer(
  c: Context,
  cutout: Cutout,
  parameters: SodaParameters,
  { services, deadline, started }: Answering,
): Promise<Response> {
  const { etag, fileName, byteLength, cost, missing } = cutout;
  const end = (status: number, bytes: number, error?: unknown) => {
    deadline.end();
    services.log({ event: "sync", status, milliseconds: performance.now() - started, bytes, cost, error });
  };
  c.header("ETag", etag);
  c.header("Cache-Control", "no-cache"); // to be kept, and asked for again by its ETag
  const verdict = evaluatePreconditions(c.req.raw.headers, etag);
  if (verdict !== "proceed") {
    cutout.dispose();
    end(verdict === "failed" ? 412 : 304, 0);
    if (verdict === "not-modified") return c.body(null, 304);
    return c.text(`UsageError: The cutout is now ${etag}, and If-Match asks for another\n`, 412);
  }
  c.header("Content-Type", parameters.mediaType);
  c.header("Content-Length", String(byteLength));
  c.header("Content-Disposition", `${parameters.disposition}; filename="${fileName}"`);
  if (missing.length > 0) c.header("X-Missing-Images", String(missing.length));
  if (c.req.method === "HEAD") {
    cutout.dispose();
    end(200, 0);
    return c.body(null, 200);
  }
  const onEnd = ({ outcome, byteLength: bytes, error }: StreamEnd) => end(STATUS_OF_END[outcome], bytes, error);
  return c.body(await cutout.open({ signal: deadline.signal, onEnd }), 200);
}

/** As nginx counts a client that went away. */
const STATUS_OF_END = { whole: 200, canceled: 499, failed: 500 } as const;

function timeoutError({ timeoutSeconds }: CutoutAppServices): ServiceError {
  return new ServiceError(
    "over-limit",
    `Cannot cut within the ${timeoutSeconds} seconds that are allowed: a smaller shape or fewer bands are needed`,
  );
}

/** One that a proxy gave is kept, so that its log and ours can be laid side by side. */
const REQUEST_ID = /^[\w.-]{1,64}$/;

function errorResponse(error: unknown, c: Context, services: CutoutAppServices, started: number): Response {
  const requestId = REQUEST_ID.exec(c.req.header("x-request-id") ?? "")?.[0] ?? crypto.randomUUID();
  const { status, text } = describeError(error, requestId);
  const logged = c.req.raw.signal.aborted ? STATUS_OF_END.canceled : status;
  services.log({ event: "sync", status: logged, milliseconds: performance.now() - started, requestId, error });
  const headers: Record<string, string> = { "X-Request-Id": requestId };
  if (status === 503) headers["Retry-After"] = "5";
  return c.text(text, status, headers);
}

function describeService({ cutouts }: CutoutAppServices, url: string): string {
  const releases = cutouts.registry.releases.map(
    ({ id, title, bands }) => `  ${id}  ${title}; bands ${bands.map((band) => band.name).join(" ")}\n`,
  );
  return (
    `${cutouts.software}: image cutouts as FITS\n\nReleases:\n${releases.join("")}\n` +
    `A cutout:\n  ${url}/sync?ID=RELEASE&POS=CIRCLE+RA+DEC+RADIUS&FILTER=BAND   (degrees)\n`
  );
}
