import type { PasswordProof } from "../accounts/passwords.ts";

/** What a token lets its bearer do. */
export const SCOPES = {
  read: "Cut, search, and read one's own jobs and results",
  jobs: "Make, change and delete one's own jobs; make tokens that can do no more, and revoke itself",
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
  /** Milliseconds since 1970, UTC. */
  readonly createdAt: number;
  /** null: never. */
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
};

export type NewToken = Pick<ApiToken, "name" | "scopes"> & {
  /** null: as late as the configuration allows. */
  readonly expiresAt: number | null;
  /** An administrator gives it, to whom it lets ask in the name of others. */
  readonly isGiven?: boolean;
  /** What let in whoever makes it, and has to still when it is made; left out on the command line. */
  readonly maker?: TokenMaker;
};

/** A password makes tokens that end with it, and so do those that are made by such a token. */
export type TokenMaker =
  | { readonly kind: "password"; readonly proof: PasswordProof }
  | { readonly kind: "session" | "token"; readonly id: string };

export type MadeToken = {
  readonly token: ApiToken;
  readonly secret: string;
  /** Of those that a password gave, the longest unused is revoked for one too many. */
  readonly replaced: readonly ApiToken[];
};

/** `now`: milliseconds since 1970. Only one in use lets anybody in. */
export function stateOf(
  { revokedAt, expiresAt }: Pick<ApiToken, "revokedAt" | "expiresAt">,
  now: number,
): "in use" | "expired" | "revoked" {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && expiresAt <= now ? "expired" : "in use";
}
