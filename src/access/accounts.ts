import type { LimitName } from "./limits.ts";
import type { Role, User } from "./user.ts";

export type Account = {
  readonly id: string;
  readonly name: string;
  readonly fullName: string | null;
  readonly email: string | null;
  readonly role: Exclude<Role, "anonymous">;
  /** With where each is known from: a provider, or "local". */
  readonly groups: readonly { readonly name: string; readonly source: string }[];
  /** null: no limit. */
  readonly limits: Readonly<Partial<Record<LimitName, number | null>>>;
  readonly hasPassword: boolean;
  /** Providers of sign-in that know this account. */
  readonly providers: readonly string[];
  /** Milliseconds since 1970, UTC. */
  readonly createdAt: number;
  readonly lastSignInAt: number | null;
  readonly disabledAt: number | null;
};

export type NewAccount = {
  readonly name: string;
  readonly fullName?: string | null;
  readonly email?: string | null;
  readonly role?: Account["role"];
  /** null: no sign-in by password. */
  readonly password: string | null;
  readonly groups?: readonly string[];
};

/** What is left out stays as it is. */
export type AccountChanges = {
  readonly fullName?: string | null;
  readonly email?: string | null;
  readonly role?: Account["role"];
  /** Those that administrators give. */
  readonly groups?: readonly string[];
  /** undefined: as the role has it; null: no limit. */
  readonly limits?: Readonly<Partial<Record<LimitName, number | null | undefined>>>;
  readonly password?: string | null;
  readonly disabled?: boolean;
};

/** What a provider says of who has signed in there. */
export type ProviderIdentity = {
  readonly provider: string;
  /** Never given to anybody else there. */
  readonly subject: string;
  /** Wished for; another is made of it where it is taken. */
  readonly name: string;
  readonly fullName: string | null;
  readonly email: string | null;
  readonly groups: readonly string[];
};

export type AccountQuery = {
  /** Part of a name, full name or address. */
  readonly search?: string | undefined;
  /** In order of names, those after this one. */
  readonly after?: string | undefined;
  readonly last: number;
};

/** Accounts of users. Names are compared without regard to case. */
export type Accounts = {
  /** "usage" for a name or password that is not allowed, or a name that is taken. */
  create(account: NewAccount): Promise<Account>;
  /** By id or by name. */
  find(idOrName: string): Promise<Account | null>;
  list(query: AccountQuery): Promise<readonly Account[]>;
  /** "not-found" for an unknown id. Closing an account, and a new password, end its sessions. */
  update(id: string, changes: AccountChanges): Promise<Account>;
  /** With its sessions and tokens; "wrong-phase" while it has jobs. */
  remove(id: string): Promise<void>;
  /** null for a wrong name or password, which take the same time, and for a closed account. */
  checkPassword(name: string, password: string): Promise<User | null>;
  /** The first sign-in makes the account; later ones bring its groups up to date. "forbidden" for a closed one. */
  signIn(identity: ProviderIdentity): Promise<User>;
  /** null where there is none, or it is closed. */
  user(id: string): Promise<User | null>;
};
