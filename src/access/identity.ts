import type { Scope } from "./tokens/api-token.ts";
import { ANONYMOUS, type User } from "./user.ts";

/** Who asks, as a request makes them known. */
export type Identity = { readonly user: User; readonly grant: Grant };

/** By what a user was known. A browser sends a session by itself: what changes something needs more than that. */
export type Grant =
  | { readonly kind: "none" }
  | {
      readonly kind: "session";
      readonly sessionId: string;
      /** What a form of ours carries, and nobody else can know. */
      readonly csrfToken: string;
      /** Set where the session was prolonged, and the cookie has to be, too. */
      readonly renewedUntil: Date | null;
    }
  | {
      readonly kind: "token";
      readonly tokenId: string;
      readonly scopes: readonly Scope[];
      /** The service whose token it is, where it asks in the name of `user`. */
      readonly actor: User | null;
    };

export const NOBODY: Identity = { user: ANONYMOUS, grant: { kind: "none" } };
