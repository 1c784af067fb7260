import { and, eq } from "drizzle-orm";
import { apiToken, session, traffic, user, userGroup, userLimit } from "../../db/accounts-schema.ts";
import type { RecordsDatabase } from "../../db/records-database.ts";
import { job, usage } from "../../db/records-schema.ts";
import type { AccountChanges } from "./accounts.ts";
import type { CheckedAccount } from "./accounts-checks.ts";
import { ID_PREFIX } from "./accounts-names.ts";
import { parseGroups } from "./groups.ts";
import { randomName } from "../secrets.ts";

// Each change is one transaction that no other process's comes between.

/** Where groups are known from that administrators give. */
export const LOCAL = "local";

const ID_BYTES = 10;

type InsertedAccount = CheckedAccount & { readonly passwordHash: string | null; readonly createdAt: number };

/** The new account's id; null where its name is taken. */
export function insertAccount({ orm }: RecordsDatabase, { groups, ...account }: InsertedAccount): string | null {
  const id = ID_PREFIX + randomName(ID_BYTES);
  return orm.transaction(
    (tx) => {
      const values = { id, ...account };
      const { changes } = tx.insert(user).values(values).onConflictDoNothing({ target: user.name }).run();
      if (changes === 0) return null;
      for (const name of groups) tx.insert(userGroup).values({ userId: id, name, source: LOCAL }).run();
      return id;
    },
    { behavior: "immediate" },
  );
}

type Update = {
  readonly id: string;
  readonly changes: AccountChanges;
  /** undefined: as it is. */
  readonly passwordHash: string | null | undefined;
  readonly now: number;
};

/** False where there is no such account. Whoever is signed in to one that is closed, or has a new password, is not any more. */
export function updateAccount({ orm }: RecordsDatabase, { id, changes, passwordHash, now }: Update): boolean {
  const { fullName, email, role, groups, limits, disabled } = changes;
  return orm.transaction(
    (tx) => {
      const found = tx.select({ disabledAt: user.disabledAt }).from(user).where(eq(user.id, id)).get();
      if (found === undefined) return false;
      const disabledAt = disabled === undefined ? undefined : disabled ? (found.disabledAt ?? now) : null;
      const columns = { fullName, email, role, passwordHash, disabledAt };
      if (Object.values(columns).some((value) => value !== undefined)) {
        tx.update(user).set(columns).where(eq(user.id, id)).run();
      }
      if (groups !== undefined) {
        tx.delete(userGroup)
          .where(and(eq(userGroup.userId, id), eq(userGroup.source, LOCAL)))
          .run();
        for (const name of parseGroups(groups)) tx.insert(userGroup).values({ userId: id, name, source: LOCAL }).run();
      }
      for (const [name, value] of Object.entries(limits ?? {})) {
        tx.delete(userLimit)
          .where(and(eq(userLimit.userId, id), eq(userLimit.name, name)))
          .run();
        if (value !== undefined) tx.insert(userLimit).values({ userId: id, name, value }).run();
      }
      if (disabled === true || passwordHash !== undefined) tx.delete(session).where(eq(session.userId, id)).run();
      return true;
    },
    { behavior: "immediate" },
  );
}

/** What counts for nobody goes with the account; what was asked and done stays on record. */
export function removeAccount({ orm }: RecordsDatabase, id: string): "removed" | "unknown" | "has-jobs" {
  return orm.transaction(
    (tx) => {
      if (tx.select({ id: user.id }).from(user).where(eq(user.id, id)).get() === undefined) return "unknown";
      if (tx.select({ id: job.id }).from(job).where(eq(job.owner, id)).limit(1).get() !== undefined) return "has-jobs";
      tx.delete(session).where(eq(session.userId, id)).run();
      tx.delete(apiToken).where(eq(apiToken.userId, id)).run();
      tx.delete(usage).where(eq(usage.owner, id)).run();
      tx.delete(traffic).where(eq(traffic.owner, id)).run();
      tx.delete(user).where(eq(user.id, id)).run(); // groups, limits and identities go with it
      return "removed";
    },
    { behavior: "immediate" },
  );
}
