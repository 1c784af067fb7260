import type { Hono } from "hono";
import { z } from "zod";
import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { parseInstant, parseLast } from "../ivoa/uws-values.ts";
import type { SyncHistory } from "../jobs/sync-history.ts";
import type { AppEnv } from "./app-env.ts";

export type HistoryServices = {
  readonly history: SyncHistory;
  /** Name of a user, by id; null where there is none any more. */
  readonly nameOf?: ((userId: string) => string | null) | undefined;
};

export const HISTORY_ROWS = { usual: 100, most: 10_000 } as const;

export const historyAnswer = z.object({
  requests: z.array(
    z.object({
      startedAt: z.iso.datetime(),
      actor: z.string().nullable().describe("The service that asked in the user's name"),
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
export function addHistoryRoutes(app: Hono<AppEnv>, { history, nameOf }: HistoryServices): void {
  app.get("/history", (c) => {
    const { id, role } = c.var.user;
    if (role === "anonymous") {
      throw new ServiceError("unauthenticated", "Cannot show a history: it needs a token, and belongs to its user");
    }
    const parameters = new Parameters(new URL(c.req.url).searchParams);
    const [after, last] = [parameters.single("AFTER"), parameters.single("LAST")];
    const rows = history.list({
      owner: id,
      after: after === undefined ? undefined : parseInstant(after, "AFTER"),
      last: last === undefined ? HISTORY_ROWS.usual : Math.min(parseLast(last, "requests"), HISTORY_ROWS.most),
    });
    const requests = rows.map(({ id: _, startedAt, actor, ...row }) => ({
      startedAt: new Date(startedAt).toISOString(),
      actor: actor === null ? null : (nameOf?.(actor) ?? actor),
      ...row,
    }));
    c.header("Cache-Control", "no-store");
    return c.json({ requests });
  });
}
