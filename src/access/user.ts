import type { LimitValues } from "./limits/limit-values.ts";

/** Who asks. Everybody without credentials is one and the same user. */
export type User = {
  readonly id: string;
  /** What one signs in with, and UWS's owner shows. */
  readonly name: string;
  readonly role: Role;
  /** By which releases may be open to them. */
  readonly groups: readonly string[];
  /** Where they are not those of the role. */
  readonly limits: Partial<LimitValues>;
  /** Has the rights of an administrator now: by a session, or by a token with the scope for it (`authenticate.ts`). */
  readonly administers: boolean;
};

/** That an account may have. */
export const ACCOUNT_ROLES = ["user", "priority", "admin"] as const;

export const ROLES = ["anonymous", ...ACCOUNT_ROLES] as const;

/** Limits and turns follow the role. */
export type Role = (typeof ROLES)[number];

const PLAIN = { groups: [], limits: {}, administers: false } as const;

export const ANONYMOUS: User = { id: "anonymous", name: "anonymous", role: "anonymous", ...PLAIN };

/** Of RECORTE_TEST_TOKEN: it has no account. */
export const TEST_USER: User = { id: "test", name: "test", role: "user", ...PLAIN };
