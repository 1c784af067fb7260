import type { Hono } from "hono";
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
