import type { RecordsDatabase } from "../../db/records-database.ts";
import { USER_COLUMNS, userOf, type UserRow } from "../accounts/accounts-user.ts";
import { SCOPES, type ApiToken, type MadeToken, type Scope, type TokenMaker } from "./api-token.ts";
import { isBySignIn, SIGN_IN_MARK } from "./tokens-sign-in.ts";
import type { User } from "../user.ts";

type TokenRow = Omit<ApiToken, "scopes"> & { readonly scopes: string };

const COLUMNS = `
  api_token.id, api_token.user_id as userId, api_token.name, api_token.prefix, api_token.scopes,
  api_token.created_at as createdAt, api_token.expires_at as expiresAt, api_token.last_used_at as lastUsedAt,
  api_token.revoked_at as revokedAt`;

const IS_LIVE = "api_token.revoked_at is null and (api_token.expires_at is null or api_token.expires_at > @now)";

export type TokenRows = {
  /**
   * "full" where the user has `most` that live and no password gave; "refused" where the account, the role or the maker is
   * not what the token needs. Of those that have ended, the user keeps the latest `most`.
   */
  insert(token: ApiToken, insertion: TokenInsertion): Omit<MadeToken, "secret"> | "full" | "refused";
  list(userId: string): readonly ApiToken[];
  /** Once revoked it stays as it is; null where the user has none of that id. */
  revoke(userId: string, id: string, now: number): ApiToken | null;
  find(hash: string, now: number): { readonly token: ApiToken; readonly user: User } | null;
  prune(endedBefore: number): number;
};

export type TokenInsertion = {
  readonly hash: string;
  readonly maker: TokenMaker | null;
  readonly isOfAdministrator: boolean;
  readonly most: number;
  readonly mostBySignIn: number;
};

const IS_BY_SIGN_IN = `substr(api_token.name, ${-SIGN_IN_MARK.length}) = '${SIGN_IN_MARK}'`;

export function createTokenRows({ sqlite, orm }: RecordsDatabase): TokenRows {
  const insert = sqlite.prepare(
    `insert into api_token (id, user_id, name, prefix, hash, scopes, created_at, expires_at)
     select @id, @userId, @name, @prefix, @hash, @scopes, @now, @expiresAt from user
     where id = @userId and disabled_at is null and (not @isOfAdministrator or role = 'admin')
       and (@proof is null or password_hash = @proof)
       and (@session is null or exists (select 1 from session where id = @session and user_id = @userId))
       and (@parent is null or exists (
         select 1 from api_token where id = @parent and user_id = @userId and ${IS_LIVE}))`,
  );
  const findName = sqlite.prepare<[string], string>("select name from api_token where id = ?").pluck();
  const count = sqlite
    .prepare<
      [Record<string, unknown>],
      number
    >(`select count(*) from api_token where user_id = @userId and ${IS_LIVE} and not (${IS_BY_SIGN_IN})`)
    .pluck();
  const replace = sqlite.prepare<[Record<string, unknown>], TokenRow>(
    `update api_token set revoked_at = @now where id in (
       select id from api_token where user_id = @userId and id <> @id and ${IS_LIVE} and ${IS_BY_SIGN_IN}
       order by coalesce(last_used_at, created_at) desc, id limit -1 offset @most - 1)
     returning ${COLUMNS}`,
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
    insert(wanted, { hash, maker, isOfAdministrator, most, mostBySignIn }) {
      const { id, userId, prefix, createdAt: now, expiresAt } = wanted;
      return orm.transaction(
        () => {
          const parent = maker?.kind === "token" ? maker.id : null;
          const isOfSignIn = parent !== null && isBySignIn({ name: findName.get(parent) ?? "" });
          const token = isOfSignIn ? { ...wanted, name: wanted.name + SIGN_IN_MARK } : wanted;
          if (!isBySignIn(token) && (count.get({ userId, now }) ?? 0) >= most) return "full";
          const row = {
            id,
            userId,
            name: token.name,
            prefix,
            hash,
            scopes: JSON.stringify(token.scopes),
            now,
            expiresAt,
          };
          const needs = {
            proof: maker?.kind === "password" ? maker.proof : null,
            session: maker?.kind === "session" ? maker.id : null,
            parent,
            isOfAdministrator: isOfAdministrator ? 1 : 0,
          };
          if (insert.run({ ...row, ...needs }).changes === 0) return "refused";
          const replaced = isBySignIn(token) ? replace.all({ userId, id, now, most: mostBySignIn }).map(tokenOf) : [];
          forgetEnded.run({ userId, now, most });
          return { token, replaced };
        },
        { behavior: "immediate" },
      );
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
