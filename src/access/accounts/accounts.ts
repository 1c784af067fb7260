import type { RecordsDatabase } from "../../db/records-database.ts";
import { ServiceError } from "../../errors.ts";
import type {
  Account,
  AccountChanges,
  AccountQuery,
  CheckedPassword,
  NewAccount,
  NewPassword,
  ProviderIdentity,
} from "./account.ts";
import { insertAccount, removeAccount, replacePassword, updateAccount } from "./accounts-changes.ts";
import { checkChanges, checkNewAccount } from "./accounts-checks.ts";
import { createAccountRows } from "./accounts-rows.ts";
import { signInByProvider } from "./accounts-sign-in.ts";
import { createUserReader } from "./accounts-user.ts";
import { checkNewPassword, type Passwords } from "./passwords.ts";
import type { User } from "../user.ts";

/** Accounts of users. Names are compared without regard to case. */
export type Accounts = {
  /**
   * "usage" for a name or password that is not allowed, or a name that is taken. `by`: the id of who does it, as an
   * administrator; "forbidden" where they are none any more.
   */
  create(account: NewAccount, by?: string): Promise<Account>;
  /** By id or by name. */
  find(idOrName: string): Promise<Account | null>;
  list(query: AccountQuery): Promise<readonly Account[]>;
  /**
   * "not-found" for an unknown id. Closing an account ends its sessions and tokens; a new password those sessions and the
   * tokens that a password gave; a lower role an administrator's tokens with scope admin or act-for. `by`: as above;
   * "forbidden" also where they close their own account or lower its role.
   */
  update(id: string, changes: AccountChanges, by?: string): Promise<Account>;
  /** By its owner, who has shown the present one; "forbidden" where it has been changed since. */
  changePassword(checked: CheckedPassword, wanted: NewPassword): Promise<CheckedPassword>;
  /** With its sessions and tokens; "wrong-phase" while it has jobs. */
  remove(id: string): Promise<void>;
  /** null for a wrong name or password, which take the same time, and for a closed account. */
  checkPassword(name: string, password: string): Promise<CheckedPassword | null>;
  /** The first sign-in makes the account; later ones bring its groups up to date. "forbidden" for a closed one. */
  signIn(identity: ProviderIdentity): Promise<User>;
  /** null where there is none, or it is closed. */
  user(id: string): Promise<User | null>;
};

export type AccountsOptions = {
  readonly records: RecordsDatabase;
  readonly passwords: Passwords;
  /** False: nobody has a password here, and one that an account has had lets nobody in. */
  readonly allowPasswords?: boolean;
  /** The present: milliseconds since 1970, UTC. */
  readonly now: () => number;
};

export function createAccounts({ records, passwords, allowPasswords = true, now }: AccountsOptions): Accounts {
  const rows = createAccountRows(records);
  const users = createUserReader(records);
  const findCredentials = records.sqlite.prepare<[string], Credentials>(
    "select id, password_hash as passwordHash from user where name = ? and disabled_at is null",
  );
  const setSignIn = records.sqlite.prepare(
    "update user set last_sign_in_at = @now where id = @id and password_hash = @passwordHash",
  );

  function refuseUnlessAllowed(): void {
    if (!allowPasswords) throw new ServiceError("usage", "Cannot give an account a password: this service has none");
  }

  function get(id: string): Account {
    const account = rows.byId(id);
    if (account === null) throw unknownAccount(id);
    return account;
  }

  return {
    async create(account, by) {
      if (account.password !== null) refuseUnlessAllowed();
      const details = checkNewAccount(account);
      if (rows.byName(details.name) !== null) throw nameIsTaken(details.name);
      const passwordHash = account.password === null ? null : await passwords.hash(account.password);
      const id = insertAccount(records, { ...details, passwordHash, createdAt: now() }, by);
      if (id === null) throw nameIsTaken(details.name); // somebody was first, since
      return get(id);
    },

    find: async (idOrName) => Promise.resolve(rows.byId(idOrName) ?? rows.byName(idOrName)),

    list: async (query) => Promise.resolve(rows.list(query)),

    async update(id, changes, by) {
      const account = get(id);
      const { password } = changes;
      if (typeof password === "string") refuseUnlessAllowed();
      checkChanges(changes, account);
      const passwordHash = typeof password === "string" ? await passwords.hash(password) : password;
      if (!updateAccount(records, { id, changes, passwordHash, by, now: now() })) throw unknownAccount(id);
      return get(id);
    },

    async changePassword({ user, proof }, { password, revokeTokens = false }) {
      refuseUnlessAllowed();
      checkNewPassword(password, user);
      const passwordHash = await passwords.hash(password);
      if (!replacePassword(records, { id: user.id, proof, passwordHash, revokeTokens, now: now() })) {
        throw new ServiceError("forbidden", "Cannot change the password: it has been changed meanwhile");
      }
      return { user, proof: passwordHash };
    },

    async remove(id) {
      const name = rows.byId(id)?.name ?? id;
      const removed = removeAccount(records, id);
      if (removed === "unknown") throw unknownAccount(id);
      if (removed === "has-jobs") {
        throw new ServiceError("wrong-phase", `Cannot remove the account "${name}": it has jobs; delete them first`);
      }
      return Promise.resolve();
    },

    async checkPassword(name, password) {
      if (!allowPasswords) return null;
      const known = findCredentials.get(name.toLowerCase());
      const { id, passwordHash } = known ?? { id: "", passwordHash: null };
      if (!(await passwords.matches(password, passwordHash)) || passwordHash === null) return null;
      const user = users.byId(id); // closed meanwhile?
      if (user === null) return null;
      setSignIn.run({ now: now(), id, passwordHash });
      return { user, proof: passwordHash };
    },

    async signIn(identity) {
      const id = signInByProvider(records, identity, now());
      const user = id === null ? null : users.byId(id);
      if (user === null) throw new ServiceError("forbidden", "Cannot sign in: this account is closed");
      return Promise.resolve(user);
    },

    user: async (id) => Promise.resolve(users.byId(id)),
  };
}

type Credentials = { readonly id: string; readonly passwordHash: string | null };

function unknownAccount(id: string): ServiceError {
  return new ServiceError("not-found", `Cannot find the account "${id.slice(0, 100)}"`);
}

function nameIsTaken(name: string): ServiceError {
  return new ServiceError("usage", `Cannot make the account "${name}": the name is taken`);
}
