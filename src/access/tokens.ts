import type { User } from "./user.ts";

/** What a token lets its bearer do. */
export const SCOPES = {
  read: "Cut, search, and read one's own jobs and results",
  jobs: "Make, change and delete one's own jobs",
  admin: "Administer; of an administrator only",
  "act-for": "Ask in the name of other users (X-On-Behalf-Of); given by administrators only",
} as const;

export type Scope = keyof typeof SCOPES;

export type ApiToken = {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  /** Its first characters. */
  readonly prefix: string;
  readonly scopes: readonly Scope[];
  /** Milliseconds since 1970, UTC; null: never. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
};

export type NewToken = Pick<ApiToken, "name" | "scopes"> & {
  /** null: as late as the configuration allows. */
  readonly expiresAt: number | null;
};

/** What scripts send instead of signing in. */
export type Tokens = {
  /** `secret` is told this once, and kept nowhere. "usage" for a bad name or expiry, "forbidden" for scopes not the user's to give. */
  create(user: User, token: NewToken): Promise<{ readonly token: ApiToken; readonly secret: string }>;
  /** Newest first, revoked and expired ones too. */
  list(userId: string): Promise<readonly ApiToken[]>;
  /** "not-found" where the user has no such token. */
  revoke(userId: string, id: string): Promise<ApiToken>;
  /** null where it is not known, has expired or is revoked, or its account is closed. */
  find(secret: string): Promise<{ readonly token: ApiToken; readonly user: User } | null>;
};
