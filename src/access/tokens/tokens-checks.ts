import { ServiceError } from "../../errors.ts";
import { SCOPES, type ApiToken, type NewToken, type Scope } from "./api-token.ts";
import { isBySignIn, SIGN_IN_MARK } from "./tokens-sign-in.ts";
import type { User } from "../user.ts";

const DAY_MILLISECONDS = 86_400_000;
/** Characters of a token's name. */
export const MOST_TOKEN_NAME = 100;

type Checked = Pick<ApiToken, "name" | "scopes" | "expiresAt">;

/** "usage" for what no token can be, "forbidden" for what this user may not have. */
export function checkNewToken(
  user: User,
  { name, scopes, expiresAt, isGiven = false, maker }: NewToken,
  { now, maxDays }: { readonly now: number; readonly maxDays: number },
): Checked {
  if (user.role === "anonymous") throw new ServiceError("unauthenticated", "Cannot make a token: sign in first");
  const line = name.trim();
  if (!(line.length > 0 && line.length <= MOST_TOKEN_NAME && /^[^\p{Control}]*$/u.test(line))) {
    throw new ServiceError("usage", `Cannot name a token so: it needs one line of 1 to ${MOST_TOKEN_NAME} characters`);
  }
  if (isBySignIn({ name: line })) {
    throw new ServiceError("usage", `Cannot name a token so: names end in "${SIGN_IN_MARK}" that signing in gives`);
  }
  const latest = now + maxDays * DAY_MILLISECONDS;
  if (expiresAt !== null && !(expiresAt > now && expiresAt <= latest)) {
    throw new ServiceError("usage", `Cannot make a token that expires then: it needs to, within ${maxDays} days`);
  }
  const marked = maker?.kind === "password" ? line + SIGN_IN_MARK : line;
  return { name: marked, scopes: checkScopes(user, scopes, isGiven), expiresAt: expiresAt ?? latest };
}

function checkScopes(user: User, wanted: readonly string[], isGiven: boolean): readonly Scope[] {
  const unknown = wanted.find((scope) => !Object.hasOwn(SCOPES, scope));
  if (unknown !== undefined || wanted.length === 0) {
    const what = unknown === undefined ? "without a scope" : `with scope "${unknown.slice(0, 40)}"`;
    throw new ServiceError("usage", `Cannot make a token ${what}: it needs some of ${Object.keys(SCOPES).join(", ")}`);
  }
  if (wanted.includes("admin") && user.role !== "admin") {
    throw new ServiceError("forbidden", `Cannot make a token with scope admin: ${user.name} is no administrator`);
  }
  if (wanted.includes("act-for") && user.role !== "admin" && !isGiven) {
    throw new ServiceError("forbidden", "Cannot make a token with scope act-for: an administrator gives it");
  }
  return (Object.keys(SCOPES) as Scope[]).filter((scope) => wanted.includes(scope)); // each once, in one order
}
