import type { Hono } from "hono";
import type { UsageLine, UsageOf } from "../access/limits/usage.ts";
import type { AppEnv } from "./app-env.ts";
import { isoInstant } from "./iso-instant.ts";
import type { UsageAnswer } from "./openapi/answers.ts";

export type UsageServices = { readonly usageOf: UsageOf };

/** What the user may have, and has, now: of who has not signed in, what the address has. */
export function addUsageRoutes(app: Hono<AppEnv>, services: UsageServices): void {
  app.get("/account/usage", (c) => {
    const { user, clientAddress } = c.var;
    const limits = describeUsage(services.usageOf(user, clientAddress));
    c.header("Cache-Control", "no-store");
    return c.json({ user: user.name, role: user.role, limits } satisfies UsageAnswer);
  });
}

/** As JSON has it: no limit is null, an instant is text. */
export function describeUsage(lines: readonly UsageLine[]): UsageAnswer["limits"] {
  return lines.map(({ limit, resetsAt, ...line }) => ({
    ...line,
    limit: limit === Infinity ? null : limit,
    resetsAt: isoInstant(resetsAt),
  }));
}
