import type { UserReader } from "../access/accounts/accounts-user.ts";
import type { Permissions } from "../access/permissions.ts";
import { ANONYMOUS, TEST_USER, type User } from "../access/user.ts";
import { ServiceError } from "../errors.ts";
import { narrowRegistry } from "../surveys/readable-registry.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";

/**
 * The surveys as the owner of a job may see them now: who made it may have left a group, or have no account any more.
 * "forbidden" for what is closed to them, whatever it was when the job was made.
 */
export function createRegistryOfOwner({
  registry,
  permissions,
  users,
  hasTestUser,
}: {
  readonly registry: SurveyRegistry;
  readonly permissions: Permissions;
  readonly users: Pick<UserReader, "byId">;
  readonly hasTestUser: boolean;
}): (owner: string) => SurveyRegistry {
  const releases = registry.releases.map(({ id }) => id);

  function userOf(owner: string): User {
    if (owner === ANONYMOUS.id) return ANONYMOUS;
    if (hasTestUser && owner === TEST_USER.id) return TEST_USER;
    const user = users.byId(owner);
    if (user !== null) return user;
    throw new ServiceError("forbidden", "Cannot make the result: the account of the job's owner is closed");
  }

  return (owner) => {
    const user = userOf(owner);
    const mayRead = (id: string) => permissions.mayRead(user, id) === "yes";
    if (releases.every(mayRead)) return registry;
    return narrowRegistry(registry, {
      mayRead,
      check(id) {
        if (mayRead(id)) return;
        throw new ServiceError("forbidden", `Cannot read release "${id}": it is not open to the owner of the job`);
      },
    });
  };
}
