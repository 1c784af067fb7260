import { and, eq, isNull, sql, type SQL } from "drizzle-orm";
import { apiToken, session, traffic, user, userGroup, userLimit } from "../../db/accounts-schema.ts";
import type { RecordsDatabase } from "../../db/records-database.ts";
import { ServiceError } from "../../errors.ts";
import { job, usage } from "../../db/records-schema.ts";
import type { AccountChanges } from "./account.ts";
import type { CheckedAccount } from "./accounts-checks.ts";
import { ID_PREFIX } from "./accounts-names.ts";
import { parseGroups } from "./groups.ts";
import { randomName } from "../secrets.ts";
import { SIGN_IN_MARK } from "../tokens/tokens-sign-in.ts";
import type { PasswordProof } from "./passwords.ts";

// Each change is one transaction that no other process's comes between.

/** Where groups are known from that administrators give. */
export const LOCAL = "local";

const ID_BYTES = 10;

type Transaction = Parameters<Parameters<RecordsDatabase["orm"]["transaction"]>[0]>[0];

type InsertedAccount = CheckedAccount & { readonly passwordHash: string | null; readonly createdAt: number };

/** The new account's id; null where its name is taken. `by`: the administrator who makes it. */
export function insertAccount(
  { orm }: RecordsDatabase,
  { groups, ...account }: InsertedAccount,
  by: string | undefined,
): string | null {
  const id = ID_PREFIX + randomName(ID_BYTES);
  return orm.transaction(
    (tx) => {
      requireAdministrator(tx, by);
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
  /** The administrator who does it. */
  readonly by: string | undefined;
  readonly now: number;
};

/**
 * False where there is no such account. What a closed account, an old password or the role of an administrator let in
 * is let in no more, also when the account is opened or the role given again.
 */
export function updateAccount({ orm }: RecordsDatabase, { id, changes, passwordHash, by, now }: Update): boolean {
  const { fullName, email, role, groups, limits, disabled, revokeTokens = false } = changes;
  return orm.transaction(
    (tx) => {
      requireAdministrator(tx, by);
      const found = tx.select({ role: user.role, disabledAt: user.disabledAt }).from(user).where(eq(user.id, id)).get();
      if (found === undefined) return false;
      const isLowered = found.role === "admin" && role !== undefined && role !== "admin";
      // Others are left who can: those who administer, since whoever does it is one.
      if (by === id && (isLowered || disabled === true)) throw cannotOneself();
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
      if (passwordHash !== undefined) endPassword(tx, id, now);
      if (isLowered) endTokens(tx, { id, now, which: OF_ADMINISTRATORS });
      if (disabled === true) tx.delete(session).where(eq(session.userId, id)).run();
      if (disabled === true || revokeTokens) endTokens(tx, { id, now });
      return true;
    },
    { behavior: "immediate" },
  );
}

type PasswordChange = {
  readonly id: string;
  /** Of the present password, as it was checked. */
  readonly proof: PasswordProof;
  readonly passwordHash: PasswordProof;
  readonly revokeTokens: boolean;
  readonly now: number;
};

/** False where the password has been changed since it was checked, or the account closed. */
export function replacePassword({ orm }: RecordsDatabase, change: PasswordChange): boolean {
  const { id, proof, passwordHash, revokeTokens, now } = change;
  return orm.transaction(
    (tx) => {
      const isStill = and(eq(user.id, id), eq(user.passwordHash, proof), isNull(user.disabledAt));
      if (tx.update(user).set({ passwordHash }).where(isStill).run().changes === 0) return false;
      endPassword(tx, id, now);
      if (revokeTokens) endTokens(tx, { id, now });
      return true;
    },
    { behavior: "immediate" },
  );
}

/** Nobody stays in by a password that is one no more. */
function endPassword(tx: Transaction, id: string, now: number): void {
  tx.delete(session).where(eq(session.userId, id)).run();
  endTokens(tx, { id, now, which: BY_PASSWORD });
}

const BY_PASSWORD = sql`substr(${apiToken.name}, ${-SIGN_IN_MARK.length}) = ${SIGN_IN_MARK}`;
const OF_ADMINISTRATORS = sql`exists (select 1 from json_each(${apiToken.scopes}) where value in ('admin', 'act-for'))`;

type Endings = { readonly id: string; readonly now: number; readonly which?: SQL };

function endTokens(tx: Transaction, { id, now, which }: Endings): void {
  tx.update(apiToken)
    .set({ revokedAt: now })
    .where(and(eq(apiToken.userId, id), isNull(apiToken.revokedAt), which))
    .run();
}

/** They may be none any more, since their request began. */
function requireAdministrator(tx: Transaction, by: string | undefined): void {
  if (by === undefined) return;
  const isOne = and(eq(user.id, by), eq(user.role, "admin"), isNull(user.disabledAt));
  if (tx.select({ id: user.id }).from(user).where(isOne).get() !== undefined) return;
  throw new ServiceError("forbidden", "Cannot administer: it is for administrators only");
}

function cannotOneself(): ServiceError {
  const message = "Cannot close your own account, or give up its role: another administrator can";
  return new ServiceError("forbidden", message);
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
