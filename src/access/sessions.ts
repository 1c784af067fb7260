import { DrizzleSQLiteAdapter } from "@lucia-auth/adapter-drizzle";
import { Lucia, TimeSpan, type DatabaseSession, type DatabaseUser } from "lucia";
import { session as sessionTable, user as userTable } from "../db/accounts-schema.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import { ServiceError } from "../errors.ts";
import type { PasswordProof } from "./accounts/passwords.ts";
import { USER_COLUMNS, userOf, type UserRow } from "./accounts/accounts-user.ts";
import { digestOf, newSecret, SECRET } from "./secrets.ts";
import type { User } from "./user.ts";

export type Session = {
  readonly id: string;
  readonly user: User;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Provider, or "local". */
  readonly provider: string;
  /** It has just been prolonged: the cookie has to be, too. */
  readonly isRenewed: boolean;
};

/** Users who have signed in, in browsers. */
export type Sessions = {
  /**
   * `secret` is the cookie's value; kept as its digest only. "unauthenticated" where the account is closed, or the
   * password is no more what the proof is of.
   */
  begin(
    userId: string,
    provider: string,
    proof?: PasswordProof,
  ): Promise<{ readonly secret: string; readonly expiresAt: Date }>;
  /** null where it is not known, has expired, or its account is closed. */
  find(secret: string): Promise<Session | null>;
  list(userId: string): Promise<readonly Omit<Session, "user" | "isRenewed">[]>;
  end(sessionId: string): Promise<void>;
  /** All of a user's, but for one. */
  endAll(userId: string, but?: string): Promise<void>;
  /** Deletes those that have expired. */
  prune(): Promise<void>;
};

/** What a form carries: known to who has the cookie's value, and to nobody else. */
export type CsrfTokenOf = (secret: string) => string;

/** Another digest than the one in the table, which does not tell it. */
export const csrfTokenOf: CsrfTokenOf = (secret) => digestOf(`csrf of ${secret}`);

export type SessionsOptions = {
  readonly records: RecordsDatabase;
  /** From the sign-in on; in its second half a session that is used is prolonged to as much again. */
  readonly lifetimeSeconds: number;
};

/** Of one user: who signs in with every script fills nothing, and is signed out elsewhere at last. */
const MOST_SESSIONS = 100;

/** With Lucia, which is no longer developed: nothing else knows of it. The present is `Date.now()`, as it has it. */
export function createSessions({ records, lifetimeSeconds }: SessionsOptions): Sessions {
  const lucia = new Lucia(new PreparedAdapter(records), {
    sessionExpiresIn: new TimeSpan(lifetimeSeconds, "s"),
    getSessionAttributes: ({ createdAt, provider }) => ({ createdAt: new Date(createdAt), provider }),
    getUserAttributes: (row) => userOf(row),
  });
  const endOldest = records.sqlite.prepare(
    `delete from session where id in (
       select id from session where user_id = ? order by created_at desc, id limit -1 offset ${MOST_SESSIONS})`,
  );
  const endOthers = records.sqlite.prepare("delete from session where user_id = ? and id <> ?");

  return {
    async begin(userId, provider, proof) {
      const secret = newSecret();
      const attributes = { createdAt: Date.now(), provider, proof: proof ?? null };
      const { expiresAt } = await lucia.createSession(userId, attributes, { sessionId: digestOf(secret) });
      endOldest.run(userId);
      return { secret, expiresAt };
    },

    async find(secret) {
      if (!SECRET.test(secret)) return null;
      const { session, user } = await lucia.validateSession(digestOf(secret));
      if (session === null) return null;
      const { id, createdAt, expiresAt, provider, fresh: isRenewed } = session;
      return { id, user, createdAt, expiresAt, provider, isRenewed };
    },

    async list(userId) {
      const sessions = await lucia.getUserSessions(userId);
      return sessions
        .map(({ id, createdAt, expiresAt, provider }) => ({ id, createdAt, expiresAt, provider }))
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    },

    end: (sessionId) => lucia.invalidateSession(sessionId),

    async endAll(userId, but) {
      if (but === undefined) await lucia.invalidateUserSessions(userId);
      else endOthers.run(userId, but);
    },

    prune: () => lucia.deleteExpiredSessions(),
  };
}

type SessionRow = UserRow & {
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly provider: string;
};

/** Finds a session with its user, groups and limits in one prepared statement: Lucia's own builds two at every request. */
class PreparedAdapter extends DrizzleSQLiteAdapter {
  readonly #find;
  readonly #insert;

  constructor({ orm, sqlite }: RecordsDatabase) {
    super(orm, sessionTable, userTable);
    this.#find = sqlite.prepare<[string], SessionRow>(
      `select session.expires_at as expiresAt, session.created_at as createdAt, session.provider, ${USER_COLUMNS}
       from session join user on user.id = session.user_id where session.id = ? and user.disabled_at is null`,
    );
    this.#insert = sqlite.prepare(
      `insert into session (id, user_id, expires_at, created_at, provider)
       select @id, id, @expiresAt, @createdAt, @provider from user
       where id = @userId and disabled_at is null and (@proof is null or password_hash = @proof)`,
    );
  }

  /** One statement looks whether the user may come in, and lets them in. */
  override setSession({ id, userId, expiresAt, attributes }: DatabaseSession): Promise<void> {
    const seconds = Math.floor(expiresAt.getTime() / 1000);
    if (this.#insert.run({ id, userId, ...attributes, expiresAt: seconds }).changes === 1) return Promise.resolve();
    const message = "Cannot sign in: the account has been closed or has another password";
    return Promise.reject(new ServiceError("unauthenticated", message));
  }

  override getSessionAndUser(id: string): Promise<[DatabaseSession | null, DatabaseUser | null]> {
    const row = this.#find.get(id);
    if (row === undefined) return Promise.resolve([null, null]);
    const { expiresAt, createdAt, provider, ...user } = row;
    const { userId } = user;
    return Promise.resolve([
      { id, userId, expiresAt: new Date(expiresAt * 1000), attributes: { createdAt, provider, proof: null } },
      { id: userId, attributes: user },
    ]);
  }
}

declare module "lucia" {
  interface Register {
    Lucia: Lucia<{ createdAt: Date; provider: string }, User>;
    DatabaseSessionAttributes: { createdAt: number; provider: string; proof: PasswordProof | null };
    DatabaseUserAttributes: UserRow;
  }
}
