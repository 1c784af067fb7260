import { ServiceError } from "../errors.ts";
import type { ReleaseRule, ReleaseRules } from "./release-access.ts";
import type { User } from "./user.ts";

/** "sign-in": not as nobody in particular; who they turn out to be may be allowed to, or not. */
export type MayRead = "yes" | "sign-in" | "no";

/** Who may read which release. */
export type Permissions = {
  mayRead(user: User, releaseId: string): MayRead;
  /** "unauthenticated" where signing in may help, "forbidden" where it does not. */
  check(user: User, releaseId: string): void;
  /** To whom a release is open, as things are: where everybody has to sign in, none is public. */
  ruleOf(releaseId: string): ReleaseRule;
  /** False: nobody but users who are known is answered. */
  readonly anonymous: boolean;
};

/** Asked at every request: a look into a map, and for groups one through a few names. */
export function createPermissions(rules: ReleaseRules, { anonymous }: { readonly anonymous: boolean }): Permissions {
  function mayRead({ role, groups }: User, releaseId: string): MayRead {
    if (role === "admin") return "yes";
    if (role === "anonymous" && !anonymous) return "sign-in";
    const rule = rules.get(releaseId);
    if (rule === undefined || rule === "public") return "yes";
    if (role === "anonymous") return "sign-in";
    return rule === "signed-in" || rule.groups.some((group) => groups.includes(group)) ? "yes" : "no";
  }

  return {
    mayRead,
    check(user, releaseId) {
      const answer = mayRead(user, releaseId);
      if (answer !== "yes") throw refusal(answer, releaseId);
    },
    ruleOf(releaseId) {
      const rule = rules.get(releaseId) ?? "public";
      return rule === "public" && !anonymous ? "signed-in" : rule;
    },
    anonymous,
  };
}

/** Not which groups: their names are nobody else's business. */
function refusal(answer: Exclude<MayRead, "yes">, releaseId: string): ServiceError {
  const message = `Cannot read release "${releaseId}": it`;
  if (answer === "sign-in") return new ServiceError("unauthenticated", `${message} needs a token or a signed-in user`);
  return new ServiceError("forbidden", `${message} is open to members of certain groups only`);
}
