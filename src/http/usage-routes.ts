import type { Hono } from "hono";
import type { UsageOf } from "../access/usage.ts";
import type { AppEnv } from "./app-env.ts";
import { addResource } from "./resource.ts";

export type UsageServices = { readonly usageOf: UsageOf };

/** What the user may have, and has, now: of who has not signed in, what the address has. */
export function addUsageRoutes(app: Hono<AppEnv>, { usageOf }: UsageServices): void {
  addResource(app, "/account/usage", {
    GET(c) {
      const { user, clientAddress } = c.var;
      c.header("Cache-Control", "no-store");
      const limits = usageOf(user, clientAddress).map(({ resetsAt, ...line }) => ({
        ...line,
        resetsAt: resetsAt === null ? null : new Date(resetsAt).toISOString(),
      }));
      return c.json({ user: user.name, role: user.role, limits });
    },
  });
}
