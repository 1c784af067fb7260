import type { Permissions } from "../access/permissions.ts";
import type { User } from "../access/user.ts";
import { narrowRegistry } from "../surveys/readable-registry.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";

/** The surveys as a user may see them. Cheap enough for every request. */
export type ReadableBy = (user: User) => SurveyRegistry;

/** The registry itself for who may read every release there is. */
export function createReadableBy(registry: SurveyRegistry, permissions: Permissions): ReadableBy {
  const narrowed = new WeakMap<User, SurveyRegistry>(); // the same user asks again, and rights are those of the user
  const releases = registry.releases.map(({ id }) => id);
  return (user) => {
    const known = narrowed.get(user);
    if (known !== undefined) return known;
    const mayRead = (id: string) => permissions.mayRead(user, id) === "yes";
    const readable = releases.every(mayRead)
      ? registry
      : narrowRegistry(registry, { mayRead, check: (id) => permissions.check(user, id) });
    narrowed.set(user, readable);
    return readable;
  };
}
