import type { User } from "./user.ts";

export type Session = {
  readonly id: string;
  readonly user: User;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** Provider, or "local". */
  readonly provider: string;
  /** It has just been prolonged: the cookie has to be, too. */
  readonly isRenewed: boolean;
};

/** Users who have signed in, in browsers. */
export type Sessions = {
  /** `secret` is the cookie's value; kept as its digest only. */
  begin(userId: string, provider: string): Promise<{ readonly secret: string; readonly expiresAt: Date }>;
  /** null where it is not known, has expired, or its account is closed. */
  find(secret: string): Promise<Session | null>;
  list(userId: string): Promise<readonly Omit<Session, "user" | "isRenewed">[]>;
  end(sessionId: string): Promise<void>;
  /** All of a user's, but for one. */
  endAll(userId: string, but?: string): Promise<void>;
};

/** What a form carries: known to who has the cookie's value, and to nobody else. */
export type CsrfTokenOf = (secret: string) => string;
