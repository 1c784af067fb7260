import type { Hono } from "hono";
import { z } from "zod";
import { LIMIT_NAMES } from "../access/limits/limits.ts";
import type { UsageLine, UsageOf } from "../access/limits/usage.ts";
import { ROLES } from "../access/user.ts";
import type { AppEnv } from "./app-env.ts";
import { isoInstant } from "./iso-instant.ts";

export type UsageServices = { readonly usageOf: UsageOf };

export const usageAnswer = z.object({
  user: z.string(),
  role: z.enum(ROLES),
  limits: z.array(
    z.object({
      name: z.enum(LIMIT_NAMES),
      explanation: z.string(),
      unit: z.string().describe("What is counted"),
      limit: z.number().nullable().describe("null: no limit"),
      used: z.number().nullable().describe("Now; null for what limits one request or job at a time"),
      resetsAt: z.iso.datetime().nullable().describe("When there will be more, where time alone brings it"),
      sharedWith: z
        .enum(["address", "anonymous"])
        .nullable()
        .describe(
          "Of who has not signed in: the limit and the use of all with this address, or of all there are; a limit may be there for each",
        ),
    }),
  ),
});

/** What the user may have, and has, now: of who has not signed in, what the address has. */
export function addUsageRoutes(app: Hono<AppEnv>, services: UsageServices): void {
  app.get("/account/usage", (c) => {
    const { user, clientAddress } = c.var;
    const limits = describeUsage(services.usageOf(user, clientAddress));
    c.header("Cache-Control", "no-store");
    return c.json({ user: user.name, role: user.role, limits } satisfies z.infer<typeof usageAnswer>);
  });
}

/** As JSON has it: no limit is null, an instant is text. */
export function describeUsage(lines: readonly UsageLine[]): z.infer<typeof usageAnswer>["limits"] {
  return lines.map(({ limit, resetsAt, ...line }) => ({
    ...line,
    limit: limit === Infinity ? null : limit,
    resetsAt: isoInstant(resetsAt),
  }));
}
