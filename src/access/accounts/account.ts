import type { LimitName } from "../limits/limit-values.ts";
import type { Role, User } from "../user.ts";
import type { PasswordProof } from "./passwords.ts";

/** An account, and what may be asked of it. */
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
  /** All that live. */
  readonly revokeTokens?: boolean;
};

/** Whose password was right, and what shows it to whoever lets them in. */
export type CheckedPassword = { readonly user: User; readonly proof: PasswordProof };

export type NewPassword = {
  readonly password: string;
  /** All that live, also those that no password gave. */
  readonly revokeTokens?: boolean;
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
