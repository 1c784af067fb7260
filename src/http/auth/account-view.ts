import type { Context } from "hono";
import type { Account } from "../../access/accounts/account.ts";
import type { UsageLine } from "../../access/limits/usage.ts";
import type { Meter } from "../../web/meters.ts";
import type { Notice } from "../../web/page.ts";
import type { AppEnv } from "../app-env.ts";
import type { Fields } from "../form-fields.ts";
import { isoInstant } from "../iso-instant.ts";

// What pages and JSON of several routes show, and their forms say, in the same way.

/** What a form before this page did, by a word in its address: nobody else can put words there. */
export function noticeOf(c: Context<AppEnv>, texts: Readonly<Record<string, string>>): Notice | undefined {
  const done = c.req.query("done") ?? "";
  return Object.hasOwn(texts, done) ? { kind: "done", text: texts[done] } : undefined;
}

export function metersOf(lines: readonly UsageLine[]): Meter[] {
  return lines.map(({ explanation, unit, used, limit }) => ({
    title: explanation,
    unit: unit === "bytes" ? "bytes" : "count",
    used,
    limit,
  }));
}

/** Of a box that is ticked; in JSON, true. */
export function isChosen(fields: Fields, name: string): boolean {
  return ["1", "true", "on"].includes(fields.get(name) ?? "");
}

/** An account for scripts: instants as text. */
export function describeAccount(account: Account) {
  const { createdAt, lastSignInAt, disabledAt, ...rest } = account;
  const instants = {
    createdAt: isoInstant(createdAt),
    lastSignInAt: isoInstant(lastSignInAt),
    disabledAt: isoInstant(disabledAt),
  };
  return { ...rest, ...instants };
}
