import type { RecordsDatabase } from "../../db/records-database.ts";
import { USER_COLUMNS, userOf, type UserRow } from "../accounts/accounts-user.ts";
import { SCOPES, type ApiToken, type Scope } from "./tokens.ts";
import type { User } from "../user.ts";

type TokenRow = Omit<ApiToken, "scopes"> & { readonly scopes: string };

const COLUMNS = `
  api_token.id, api_token.user_id as userId, api_token.name, api_token.prefix, api_token.scopes,
  api_token.created_at as createdAt, api_token.expires_at as expiresAt, api_token.last_used_at as lastUsedAt,
  api_token.revoked_at as revokedAt`;

const IS_LIVE = "api_token.revoked_at is null and (api_token.expires_at is null or api_token.expires_at > @now)";

export type TokenRows = {
  /** False where the user has `most` that live. Of those that have ended, the user keeps the latest `most`. */
  insert(token: ApiToken, kept: { readonly hash: string; readonly most: number }): boolean;
  list(userId: string): readonly ApiToken[];
  /** Once revoked it stays as it is; null where the user has none of that id. */
  revoke(userId: string, id: string, now: number): ApiToken | null;
  find(hash: string, now: number): { readonly token: ApiToken; readonly user: User } | null;
  prune(endedBefore: number): number;
};

export function createTokenRows({ sqlite }: RecordsDatabase): TokenRows {
  const insert = sqlite.prepare(
    `insert into api_token (id, user_id, name, prefix, hash, scopes, created_at, expires_at)
     select @id, @userId, @name, @prefix, @hash, @scopes, @now, @expiresAt
     where (select count(*) from api_token where user_id = @userId and ${IS_LIVE}) < @most`,
  );
  const forgetEnded = sqlite.prepare(
    `delete from api_token where id in (
       select id from api_token where user_id = @userId and not (${IS_LIVE})
       order by created_at desc, id limit -1 offset @most)`,
  );
  const list = sqlite.prepare<[string], TokenRow>(
    `select ${COLUMNS} from api_token where user_id = ? order by created_at desc, id`,
  );
  const revoke = sqlite.prepare<[Record<string, unknown>], TokenRow>(
    `update api_token set revoked_at = coalesce(revoked_at, @now) where user_id = @userId and id = @id
     returning ${COLUMNS}`,
  );
  const find = sqlite.prepare<[Record<string, unknown>], TokenRow & UserRow>(
    `select ${COLUMNS}, ${USER_COLUMNS} from api_token join user on user.id = api_token.user_id
     where api_token.hash = @hash and ${IS_LIVE} and user.disabled_at is null`,
  );
  const prune = sqlite.prepare(
    "delete from api_token where min(coalesce(revoked_at, 1e18), coalesce(expires_at, 1e18)) < ?",
  );

  return {
    insert({ id, userId, name, prefix, scopes, createdAt, expiresAt }, { hash, most }) {
      const token = { id, userId, name, prefix, scopes: JSON.stringify(scopes), now: createdAt, expiresAt };
      if (insert.run({ ...token, hash, most }).changes === 0) return false;
      forgetEnded.run({ userId, now: createdAt, most });
      return true;
    },
    list: (userId) => list.all(userId).map(tokenOf),
    revoke(userId, id, now) {
      const row = revoke.get({ userId, id, now });
      return row === undefined ? null : tokenOf(row);
    },
    find(hash, now) {
      const row = find.get({ hash, now });
      if (row === undefined) return null;
      const user = userOf(row);
      const token = tokenOf(row);
      if (user.role === "admin" || !token.scopes.includes("admin")) return { token, user };
      return { token: { ...token, scopes: token.scopes.filter((scope) => scope !== "admin") }, user }; // not any more
    },
    prune: (endedBefore) => prune.run(endedBefore).changes,
  };
}

/** Requests bring few tokens: what their scopes say is read once. */
const READ_SCOPES = new Map<string, readonly Scope[]>();
const MOST_READ_SCOPES = 100;

function tokenOf({
  id,
  userId,
  name,
  prefix,
  scopes,
  createdAt,
  expiresAt,
  lastUsedAt,
  revokedAt,
}: TokenRow): ApiToken {
  return { id, userId, name, prefix, scopes: scopesOf(scopes), createdAt, expiresAt, lastUsedAt, revokedAt };
}

function scopesOf(text: string): readonly Scope[] {
  let scopes = READ_SCOPES.get(text);
  if (scopes === undefined) {
    scopes = (JSON.parse(text) as string[]).filter((name): name is Scope => Object.hasOwn(SCOPES, name));
    if (READ_SCOPES.size < MOST_READ_SCOPES) READ_SCOPES.set(text, scopes);
  }
  return scopes;
}
