import { and, eq } from "drizzle-orm";
import { identity as identityTable, user, userGroup } from "../../db/accounts-schema.ts";
import type { RecordsDatabase } from "../../db/records-database.ts";
import type { ProviderIdentity } from "./account.ts";
import { lineOrNull } from "./accounts-checks.ts";
import { ID_PREFIX, namesLike } from "./accounts-names.ts";
import { tidyGroups } from "./groups.ts";
import { newId } from "../secrets.ts";

/**
 * The id of the account that the provider's subject has, made where it has none; null where it is closed. An account is
 * found by the subject alone: a name or an address of mail says nothing of who somebody is elsewhere.
 */
export function signInByProvider({ orm }: RecordsDatabase, identity: ProviderIdentity, now: number): string | null {
  const { provider, subject } = identity;
  const details = { fullName: lineOrNull(identity.fullName), email: lineOrNull(identity.email) };
  return orm.transaction(
    (tx) => {
      const known = tx
        .select({ id: user.id, disabledAt: user.disabledAt })
        .from(identityTable)
        .innerJoin(user, eq(user.id, identityTable.userId))
        .where(and(eq(identityTable.provider, provider), eq(identityTable.subject, subject)))
        .get();
      if (known !== undefined && known.disabledAt !== null) return null;
      const id = known?.id ?? insert();
      const said = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null));
      tx.update(user)
        .set({ ...said, lastSignInAt: now })
        .where(eq(user.id, id))
        .run();
      tx.delete(userGroup)
        .where(and(eq(userGroup.userId, id), eq(userGroup.source, provider)))
        .run();
      for (const name of tidyGroups(identity.groups)) {
        tx.insert(userGroup).values({ userId: id, name, source: provider }).run();
      }
      return id;

      function insert(): string {
        const made = ID_PREFIX + newId();
        for (const name of namesLike(identity.name)) {
          const account = { id: made, name, ...details, role: "user" as const, passwordHash: null, createdAt: now };
          const { changes } = tx.insert(user).values(account).onConflictDoNothing({ target: user.name }).run();
          if (changes === 1) break;
        }
        tx.insert(identityTable).values({ provider, subject, userId: made, createdAt: now }).run();
        return made;
      }
    },
    { behavior: "immediate" },
  );
}
