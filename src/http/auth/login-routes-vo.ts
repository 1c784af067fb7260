import type { Context } from "hono";
import type { ApiToken } from "../../access/tokens/tokens.ts";
import type { User } from "../../access/user.ts";
import { ServiceError } from "../../errors.ts";
import type { AppEnv } from "../app-env.ts";
import type { Fields } from "../form-fields.ts";
import { checkPassword, type LoginServices } from "./login-routes-check.ts";

const DAY_MILLISECONDS = 86_400_000;
const DAYS = 14;
/** Of one client that are kept: who signs in with every script does not run out of tokens. */
const MOST_OF_A_CLIENT = 20;

/** A token for a name and a password (SSO 2.0, "tls-with-password"); "unauthenticated" for wrong ones. */
export async function answerVoClient(c: Context<AppEnv>, services: LoginServices, fields: Fields): Promise<Response> {
  const [name, password] = [fields.get("username"), fields.get("password")];
  if (name === undefined || password === undefined) {
    throw new ServiceError("unauthenticated", "Cannot sign in: it needs username and password, in a form");
  }
  const user = await checkPassword(c, services, { name, password });
  if (user === null) throw new ServiceError("unauthenticated", "Cannot sign in: name or password is wrong");
  const client = clientName(c.req.header("user-agent"));
  await revokeOldest(c, services, user, client);
  const { token, secret } = await services.tokens.create(user, {
    name: client,
    scopes: ["read", "jobs"],
    expiresAt: services.now() + Math.min(DAYS, services.tokenMaxDays) * DAY_MILLISECONDS,
  });
  note(c, services, user, { token, action: "token-created" });
  c.header("X-VO-Authenticated", user.name);
  c.header("X-VO-Bearer", secret);
  return c.text(`Signed in as ${user.name}: the token is in X-VO-Bearer\n`);
}

/** The first product of the User-Agent header: `python-requests/2.28` is `python-requests (sign-in)`. */
function clientName(userAgent: string | undefined): string {
  const product = /^[\w.+-]{1,40}/.exec(userAgent ?? "")?.[0] ?? "VO client";
  return `${product} (sign-in)`;
}

async function revokeOldest(c: Context<AppEnv>, services: LoginServices, user: User, name: string): Promise<void> {
  const now = services.now();
  const isInUse = ({ revokedAt, expiresAt }: ApiToken) => revokedAt === null && (expiresAt === null || expiresAt > now);
  const tokens = (await services.tokens.list(user.id)).filter((token) => token.name === name && isInUse(token));
  const usedAt = ({ lastUsedAt, createdAt }: ApiToken) => lastUsedAt ?? createdAt;
  for (const { id } of tokens.sort((a, b) => usedAt(b) - usedAt(a)).slice(MOST_OF_A_CLIENT - 1)) {
    note(c, services, user, { token: await services.tokens.revoke(user.id, id), action: "token-revoked" });
  }
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
