import type { Context } from "hono";
import type { Scope } from "../access/tokens/api-token.ts";
import type { AppEnv } from "./app-env.ts";

/** Why credentials that were sent are not enough (RFC 6750, section 3.1); the lack of them is not called an error. */
export type ChallengeError =
  | { readonly error?: undefined }
  | { readonly error: "invalid_token" }
  | { readonly error: "insufficient_scope"; readonly scope: Scope };

/**
 * The challenges of WWW-Authenticate: with 401 a demand, with 200 the news that there is a way to sign in (SSO 2.0; RFC
 * 6750, section 3). `loginUrl`: where a password gives a token, if anywhere.
 */
export function formatChallenges({
  publicUrl,
  loginUrl,
  reason = {},
}: {
  readonly publicUrl: string;
  readonly loginUrl?: string | undefined;
  readonly reason?: ChallengeError;
}): string {
  const parameters = [`realm="${new URL(publicUrl).host}"`];
  if (reason.error !== undefined) parameters.push(`error="${reason.error}"`);
  if (reason.error === "insufficient_scope") parameters.push(`scope="${reason.scope}"`);
  const bearer = `Bearer ${parameters.join(", ")}`;
  if (loginUrl === undefined) return bearer;
  return `${bearer}, ivoa_bearer standard_id="ivo://ivoa.net/sso#tls-with-password", access_url="${loginUrl}"`;
}

/** Those for the client of a request. */
export function challengesOf(c: Context<AppEnv>, reason: ChallengeError = {}): string {
  const { publicUrl, addressOf, offersPasswords } = c.var;
  const loginUrl = offersPasswords ? `${addressOf("auth", publicUrl)}/login` : undefined;
  return formatChallenges({ publicUrl, loginUrl, reason });
}
