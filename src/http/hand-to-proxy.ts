import type { Context } from "hono";
import { setAnswerHeader } from "./answer-header.ts";
import type { AppEnv } from "./app-env.ts";
import { requestHeader } from "./request-header.ts";

/**
 * The address under which the proxy in front of us finds this file of a job on its own disk, for X-Accel-Redirect; undefined
 * where it is to be sent from here: nothing is set up for that, or no trusted proxy has passed the request on. `folder` is
 * what the proxy calls the folder of results: a path from / to /.
 */
export function proxyPathOf(
  c: Context<AppEnv>,
  folder: string | undefined,
  { jobId, name }: { readonly jobId: string; readonly name: string },
): string | undefined {
  if (folder === undefined || !isPassedOn(c)) return undefined;
  return `${folder}${encodeURIComponent(jobId)}/${encodeURIComponent(name)}`;
}

/** Whoever asks from this machine itself would be given an empty answer. */
function isPassedOn(c: Context<AppEnv>): boolean {
  return c.get("client").peer.isTrusted && requestHeader(c, "x-forwarded-for") !== undefined;
}

/**
 * Conditions that a proxy would look at once more, by rules or values of its own: If-Match where it knows no ETag, and dates
 * of its file. Such requests are few, and answered from here.
 */
export function hasConditionForUs({ headers }: Request): boolean {
  const ifRange = headers.get("if-range");
  return headers.has("if-match") || headers.has("if-unmodified-since") || (ifRange !== null && !/^\s*"/.test(ifRange));
}

/**
 * The proxy in front of us may keep this answer, if it asks for it again by its ETag whenever it is wanted: it is over since
 * 1970, which nginx has no other word for. Nothing comes of it where nginx keeps none.
 */
export function letProxyKeep(c: Context<AppEnv>): void {
  if (requestHeader(c, "x-forwarded-for") !== undefined) setAnswerHeader(c, "X-Accel-Expires", "@1");
}
