import type { Context } from "hono";
import type { ApiToken } from "../../access/tokens/api-token.ts";
import type { User } from "../../access/user.ts";
import { ServiceError } from "../../errors.ts";
import type { AppEnv } from "../app-env.ts";
import type { Fields } from "../form-fields.ts";
import { checkPassword, noteSignIn, type LoginServices } from "./sign-in.ts";

const DAY_MILLISECONDS = 86_400_000;
const DAYS = 14;

/** A token for a name and a password (SSO 2.0, "tls-with-password"); "unauthenticated" for wrong ones. */
export async function answerVoClient(c: Context<AppEnv>, services: LoginServices, fields: Fields): Promise<Response> {
  const [name, password] = [fields.get("username"), fields.get("password")];
  if (name === undefined || password === undefined) {
    throw new ServiceError("unauthenticated", "Cannot sign in: it needs username and password, in a form");
  }
  const checked = await checkPassword(c, services, { name, password });
  if (checked === null) throw new ServiceError("unauthenticated", "Cannot sign in: name or password is wrong");
  const { user, proof } = checked;
  const { token, secret, replaced } = await services.tokens.create(user, {
    name: clientName(c.req.header("user-agent")),
    scopes: ["read", "jobs"],
    expiresAt: services.now() + Math.min(DAYS, services.tokenMaxDays) * DAY_MILLISECONDS,
    maker: { kind: "password", proof },
  });
  noteSignIn(c, services, { user, provider: "local" });
  for (const ended of replaced) note(c, services, user, { token: ended, action: "token-revoked" });
  note(c, services, user, { token, action: "token-created" });
  c.header("X-VO-Authenticated", user.name);
  c.header("X-VO-Bearer", secret);
  return c.text(`Signed in as ${user.name}: the token is in X-VO-Bearer\n`);
}

/** The first product of the User-Agent header: of `python-requests/2.28`, `python-requests`. */
function clientName(userAgent: string | undefined): string {
  return /^[\w.+-]{1,40}/.exec(userAgent ?? "")?.[0] ?? "VO client";
}

function note(
  c: Context<AppEnv>,
  { audit }: LoginServices,
  user: User,
  { token, action }: { readonly token: ApiToken; readonly action: "token-created" | "token-revoked" },
): void {
  const { name, scopes, prefix } = token;
  const detail = { prefix, scopes, by: "password" };
  audit.record({ actor: user.id, actorName: user.name, action, subject: name, detail, address: c.var.clientAddress });
}
