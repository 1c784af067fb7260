import type { Scope } from "../access/tokens/api-token.ts";

/** What a route asks of a token, by method, or that nobody need be known. "session": no token does. */
export type Need = "open" | { readonly reading: Scope; readonly changing: Scope | "session" };

/** What holds for requests to a route before its handler sees them. */
export type RouteRule = {
  readonly needs: Need;
  /** Of the auth service, which asks all others to sign in. */
  readonly isFor?: "users" | "administrators";
  /** For programs that look after the service: answered before anybody is known (`createServiceApp`), and not in its metrics. */
  readonly isProbe?: true;
  /** What is asked for to see whether all is well, and what a page needs to look like one: of no user's requests or answers. */
  readonly isFree?: true;
  /** It waits for something to happen: no answer that is being sent, but one of those that have a limit of their own (`waits`). */
  readonly mayWait?: true;
  /** Forms of other sites are taken, whoever is signed in: what is in them is vouched for by a signature, and by no cookie. */
  readonly takesForeignForms?: true;
};

/**
 * All routes of a service, by path as Hono writes it: `:name` is any step, and `/*` at the end the path itself and all below
 * it. The first that fits holds; what none fits is for nobody without a name, and for no token that may only read.
 */
export type RouteRules = Readonly<Record<string, RouteRule>>;

const UNLISTED: RouteRule = { needs: { reading: "read", changing: "jobs" } };

/** Finds the rule of a path by its letters, as routes are found: nothing of it is decoded here. */
export function createRuleFinder(rules: RouteRules): (path: string) => RouteRule {
  const byFirstStep = new Map<string, { readonly pattern: RegExp; readonly rule: RouteRule }[]>();
  for (const [path, rule] of Object.entries(rules)) {
    const rows = byFirstStep.get(firstStepOf(path)) ?? [];
    byFirstStep.set(firstStepOf(path), [...rows, { pattern: patternOf(path), rule }]);
  }
  return (path) => {
    const rows = byFirstStep.get(firstStepOf(path)) ?? [];
    for (const { pattern, rule } of rows) if (pattern.test(path)) return rule;
    return UNLISTED;
  };
}

function firstStepOf(path: string): string {
  const end = path.indexOf("/", 1);
  return end === -1 ? path.slice(1) : path.slice(1, end);
}

function patternOf(path: string): RegExp {
  const steps = path.replace(/\/\*$/, "").replaceAll(".", "\\.").replace(/:\w+/g, "[^/]+");
  return new RegExp(`^${steps}${path.endsWith("/*") ? "(?:/.*)?" : ""}$`, "s");
}
