import { ServiceError } from "../../errors.ts";
import type { RecordsDatabase } from "../../db/records-database.ts";
import type { ApiToken, MadeToken, NewToken, TokenMaker } from "./api-token.ts";
import { checkNewToken } from "./tokens-checks.ts";
import { createLastUse } from "./tokens-last-use.ts";
import { createTokenRows } from "./tokens-rows.ts";
import { digestOf, newId, newSecret, SECRET } from "../secrets.ts";
import type { User } from "../user.ts";

/** What scripts send instead of signing in. */
export type Tokens = {
  /**
   * `secret` is told this once, and kept nowhere. "usage" for a bad name or expiry, "forbidden" for scopes not the user's to
   * give, and where the account is closed or its maker has ended meanwhile; "unauthenticated" where the password has.
   */
  create(user: User, token: NewToken): Promise<MadeToken>;
  /** Newest first, revoked and expired ones too. */
  list(userId: string): Promise<readonly ApiToken[]>;
  /** "not-found" where the user has no such token. */
  revoke(userId: string, id: string): Promise<ApiToken>;
  /** null where it is not known, has expired or is revoked, or its account is closed. */
  find(secret: string): Promise<{ readonly token: ApiToken; readonly user: User } | null>;
  /** Deletes those that ended before an instant. How many. */
  prune(endedBefore: number): Promise<number>;
  /** Writes down the last uses that are not yet. */
  flush(): void;
};

export type TokensOptions = {
  readonly records: RecordsDatabase;
  readonly maxDays: number;
  /** The present: milliseconds since 1970, UTC. */
  readonly now: () => number;
};

/** Tells a token from everything else that is secret, in a log or a file that should not have it. */
const TOKEN_PREFIX = "rct_";
const SHOWN_LENGTH = 12;
/** Of one user, that are neither revoked nor expired. Those that a password gave are counted by themselves. */
const MOST_TOKENS = 100;
const MOST_BY_SIGN_IN = 20;

/**
 * Every search is one of the digest in its index: how long that takes tells nothing of a token that one could search by,
 * and what another process has revoked is not found any more.
 */
export function createTokens({ records, maxDays, now }: TokensOptions): Tokens {
  const rows = createTokenRows(records);
  const lastUse = createLastUse(records);

  return {
    async create(user, wanted) {
      const createdAt = now();
      const checked = checkNewToken(user, wanted, { now: createdAt, maxDays });
      const secret = TOKEN_PREFIX + newSecret();
      const id = newId();
      const prefix = secret.slice(0, SHOWN_LENGTH);
      const token = { id, userId: user.id, prefix, createdAt, lastUsedAt: null, revokedAt: null, ...checked };
      const { maker = null, isGiven = false } = wanted;
      const isOfAdministrator = token.scopes.includes("admin") || (token.scopes.includes("act-for") && !isGiven);
      const inserted = rows.insert(token, {
        ...{ hash: digestOf(secret), maker, isOfAdministrator },
        ...{ most: MOST_TOKENS, mostBySignIn: MOST_BY_SIGN_IN },
      });
      if (inserted === "full") {
        throw new ServiceError("forbidden", `Cannot make another token: ${MOST_TOKENS} are in use; revoke one first`);
      }
      if (inserted === "refused") throw refusal(user, maker);
      return Promise.resolve({ secret, ...inserted });
    },

    list: async (userId) => Promise.resolve(rows.list(userId)),

    async revoke(userId, id) {
      const token = rows.revoke(userId, id, now());
      if (token === null) throw new ServiceError("not-found", `Cannot find the token "${id.slice(0, 100)}"`);
      return Promise.resolve(token);
    },

    async find(secret) {
      if (!secret.startsWith(TOKEN_PREFIX) || !SECRET.test(secret.slice(TOKEN_PREFIX.length)))
        return Promise.resolve(null);
      const at = now();
      const found = rows.find(digestOf(secret), at);
      if (found !== null) lastUse.note(found.token, at);
      return Promise.resolve(found);
    },

    prune: async (endedBefore) => Promise.resolve(rows.prune(endedBefore)),

    flush: () => lastUse.flush(),
  };
}

function refusal({ name }: User, maker: TokenMaker | null): ServiceError {
  if (maker?.kind === "password") {
    return new ServiceError("unauthenticated", "Cannot sign in: the account has been closed or has another password");
  }
  const reason = "there is no open account that may have it, or what it is made by has ended";
  return new ServiceError("forbidden", `Cannot make a token for ${name}: ${reason}`);
}
