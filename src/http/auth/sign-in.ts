import type { Context } from "hono";
import type { CheckedPassword } from "../../access/accounts/account.ts";
import type { Accounts } from "../../access/accounts/accounts.ts";
import type { PasswordProof } from "../../access/accounts/passwords.ts";
import type { AuditLog } from "../../access/audit.ts";
import type { GuessLimit } from "../../access/sign-in/guess-limit.ts";
import type { Sessions } from "../../access/sessions.ts";
import type { Tokens } from "../../access/tokens/tokens.ts";
import type { User } from "../../access/user.ts";
import type { AppEnv } from "../app-env.ts";
import { noteFacts } from "../observe-requests.ts";
import { setSessionCookie, type SessionCookieOptions } from "../session-cookie.ts";

export type LoginServices = {
  readonly accounts: Pick<Accounts, "checkPassword">;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly audit: Pick<AuditLog, "record">;
  readonly guesses: GuessLimit;
  readonly sessionCookie: SessionCookieOptions;
  /** Whether accounts with passwords may sign in. */
  readonly takesPasswords: boolean;
  readonly listProviders: () => readonly { readonly title: string; readonly startUrl: string }[];
  /** Most days that a token may have. */
  readonly tokenMaxDays: number;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
};

export type PasswordGuess = { readonly name: string; readonly password: string };

/** null where it is wrong, which is on record then. */
export async function checkPassword(
  c: Context<AppEnv>,
  { accounts, guesses, audit, takesPasswords }: LoginServices,
  { name, password }: PasswordGuess,
): Promise<CheckedPassword | null> {
  const address = c.var.clientAddress;
  const checked = await guesses.attempt({ name, address }, () =>
    takesPasswords ? accounts.checkPassword(name, password) : Promise.resolve(null),
  );
  if (checked === null) {
    // People type passwords where names belong: what cannot be a name is not written down.
    const subject = /^[\w.@+-]{1,64}$/.test(name) ? name.toLowerCase() : null;
    const detail = { provider: "local" };
    audit.record({ actor: null, actorName: "nobody", action: "sign-in-refused", subject, detail, address });
    return null;
  }
  return checked;
}

/** What is written down of somebody who is in now: by a session, or a token for a password. */
export function noteSignIn(
  c: Context<AppEnv>,
  { audit }: Pick<LoginServices, "audit">,
  { user, provider }: Pick<Opening, "user" | "provider">,
): void {
  noteFacts(c, { signedIn: user });
  const who = { actor: user.id, actorName: user.name, subject: user.name };
  audit.record({ ...who, action: "sign-in", detail: { provider }, address: c.var.clientAddress });
}

export type Opening = { readonly user: User; readonly provider: string; readonly proof?: PasswordProof };

/** A session, and a line in the audit log. */
export async function signIn(
  c: Context<AppEnv>,
  services: Pick<LoginServices, "sessions" | "sessionCookie" | "audit">,
  opening: Opening,
): Promise<void> {
  await openSession(c, services, opening);
  noteSignIn(c, services, opening);
}

/** Begins a session and sets its cookie; one that the browser had before ends. */
export async function openSession(
  c: Context<AppEnv>,
  { sessions, sessionCookie }: Pick<LoginServices, "sessions" | "sessionCookie">,
  { user, provider, proof }: Opening,
): Promise<void> {
  const { grant } = c.var;
  if (grant.kind === "session") await sessions.end(grant.sessionId);
  setSessionCookie(c, { ...sessionCookie, ...(await sessions.begin(user.id, provider, proof)) });
}
