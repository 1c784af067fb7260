import type { Context } from "hono";
import type { ChangedBy } from "../jobs/job-service.ts";
import { formatHexadecimal } from "../storage/hexadecimal.ts";
import type { AppEnv } from "./app-env.ts";
import { evaluatePreconditions } from "./conditional.ts";

export type AsyncContext = Context<AppEnv>;

/** Of a route below /async/:id. */
export function jobIdOf(c: AsyncContext): string {
  return c.req.param("id") ?? "";
}

/** Who changes a job, beside the user. */
export function changedBy(c: AsyncContext): ChangedBy {
  const { grant, clientAddress: address } = c.var;
  return { actor: grant.kind === "token" ? grant.actor : null, address };
}

export function jobUrl(c: AsyncContext, id: string): string {
  return `${c.var.publicUrl}/async/${encodeURIComponent(id)}`;
}

/** What was asked is done: see there. */
export function seeOther(c: AsyncContext, url: string): Response {
  c.header("Cache-Control", "no-store");
  return c.redirect(url, 303);
}

/** A value by itself, or nothing, without a line end: clients compare it as it comes (UWS 1.1, section 2.2.2). */
export function answerText(c: AsyncContext, text: string): Response {
  c.header("Cache-Control", "no-store");
  return c.text(text);
}

/** A document; 304 for a client that has it. It is one user's own, and may change at any moment. */
export async function answerXml(c: AsyncContext, document: string): Promise<Response> {
  const bytes = new TextEncoder().encode(document);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const etag = `"${formatHexadecimal(digest.subarray(0, 16))}"`;
  c.header("ETag", etag);
  c.header("Cache-Control", "no-store");
  const verdict = evaluatePreconditions(c.req.raw.headers, etag);
  if (verdict === "not-modified") return c.body(null, 304);
  if (verdict === "failed") return c.text(`UsageError: It is now ${etag}, and If-Match asks for another\n`, 412);
  c.header("Content-Type", "application/xml; charset=utf-8");
  return c.body(bytes, 200);
}
