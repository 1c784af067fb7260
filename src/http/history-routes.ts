import type { Hono } from "hono";
import { z } from "zod";
import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import type { SyncHistory } from "../jobs/sync-history.ts";
import type { AppEnv } from "./app-env.ts";
import { parseInput } from "./parse-input.ts";

export type HistoryServices = { readonly history: SyncHistory };

const MOST_ROWS = 10_000;

export const historyQuery = z.object({
  LAST: z.coerce.number().int().min(1).max(MOST_ROWS).default(100).describe("At most so many requests, the newest"),
  AFTER: z.iso.datetime().optional().describe("Only requests that began after this instant, UTC"),
});

export const historyAnswer = z.object({
  requests: z.array(
    z.object({
      startedAt: z.iso.datetime(),
      runId: z.string().nullable(),
      parameters: z.array(z.tuple([z.string(), z.string()])).describe("Names and values, as they came"),
      status: z.int().describe("HTTP status; 499: the client went away before the end"),
      durationMilliseconds: z.int(),
      workMilliseconds: z.number().nullable().describe("Of it, in which the cutout was made"),
      byteLength: z.int().describe("Bytes that were sent"),
      bytesToRead: z.int().nullable().describe("Bytes of the archive that were needed"),
      pixelsToDecode: z.int().nullable(),
      error: z.string().nullable().describe("As the client got it"),
    }),
  ),
});

/** A user's own synchronous requests. */
export function addHistoryRoutes(app: Hono<AppEnv>, { history }: HistoryServices): void {
  app.get("/history", (c) => {
    const { id, role } = c.var.user;
    if (role === "anonymous") {
      throw new ServiceError("unauthenticated", "Cannot show a history: it needs a token, and belongs to its user");
    }
    const { LAST, AFTER } = parseInput(historyQuery, singleValues(c.req.url));
    const rows = history.list({ owner: id, after: AFTER === undefined ? undefined : Date.parse(AFTER), last: LAST });
    const requests = rows.map(({ id: _, startedAt, ...row }) => ({
      startedAt: new Date(startedAt).toISOString(),
      ...row,
    }));
    c.header("Cache-Control", "no-store");
    return c.json({ requests });
  });
}

/** Names ignore case, as everywhere (DALI 1.1, section 3.1). */
function singleValues(url: string): Record<string, string | undefined> {
  const parameters = new Parameters(new URL(url).searchParams);
  return Object.fromEntries(parameters.names().map((name) => [name, parameters.single(name)]));
}
