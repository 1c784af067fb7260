import type { Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { AuditLog } from "../../access/audit.ts";
import { SCOPES, type ApiToken, type Scope } from "../../access/tokens/api-token.ts";
import type { Tokens } from "../../access/tokens/tokens.ts";
import { MOST_TOKEN_NAME } from "../../access/tokens/tokens-checks.ts";
import { ServiceError } from "../../errors.ts";
import { tokensPage, type TokensView } from "../../web/tokens-page.ts";
import { noticeOf } from "./account-view.ts";
import type { AppEnv } from "../app-env.ts";
import { refuseActing, requireViewer, seeOther, showPage, wantsJson } from "./auth-app-pages.ts";
import { hasTls, readChange } from "./csrf.ts";
import type { Fields } from "../form-fields.ts";
import { isoInstant } from "../iso-instant.ts";
import { addResource } from "../resource.ts";

export type TokenServices = {
  readonly tokens: Tokens;
  readonly audit: Pick<AuditLog, "record">;
  /** Most days that one may have. */
  readonly tokenMaxDays: number;
  /** Milliseconds since 1970, UTC. */
  readonly now: () => number;
};

const DAY_MILLISECONDS = 86_400_000;
const USUAL_DAYS = 90;
const DONE = { revoked: "The token is revoked: nothing lets it in any more." };

/** Tokens of one's own: on a page, and as JSON. */
export function addTokenRoutes(app: Hono<AppEnv>, services: TokenServices): void {
  const { tokens } = services;

  addResource(app, "/tokens", {
    async GET(c) {
      if (!wantsJson(c)) return showTokens(c, services);
      return c.json({ tokens: (await tokens.list(c.var.user.id)).map(describeToken) });
    },
    async POST(c) {
      const fields = await readChange(c);
      const wanted = await readNewToken(c, services, fields);
      const { token, secret, replaced } = await tokens.create(c.var.user, wanted);
      note(c, services, "token-created", token);
      for (const ended of replaced) note(c, services, "token-revoked", ended);
      if (wantsJson(c)) return c.json({ ...describeToken(token), token: secret }, 201);
      setMade(c, secret);
      return seeOther(c, "/tokens");
    },
  });

  const revoke = async (c: Context<AppEnv>): Promise<ApiToken> => {
    await readChange(c);
    refuseActing(c);
    const { user, grant } = c.var;
    const id = c.req.param("id") ?? "";
    if (grant.kind === "token" && grant.tokenId !== id) {
      throw new ServiceError("forbidden", "Cannot revoke a token by another one: somebody has to sign in");
    }
    const token = await tokens.revoke(user.id, id);
    note(c, services, "token-revoked", token);
    return token;
  };
  addResource(app, "/tokens/:id/revoke", {
    async POST(c) {
      const token = await revoke(c);
      return wantsJson(c) ? c.json(describeToken(token)) : seeOther(c, "/tokens", "revoked");
    },
  });
  addResource(app, "/tokens/:id", {
    async DELETE(c) {
      await revoke(c);
      return c.body(null, 204);
    },
  });
}

/** What a token makes can do no more than the token, and lasts no longer. */
async function readNewToken(c: Context<AppEnv>, { tokens, tokenMaxDays, now }: TokenServices, fields: Fields) {
  refuseActing(c);
  const text = fields.get("days") ?? "";
  const days = text === "" ? Math.min(USUAL_DAYS, tokenMaxDays) : Number(text);
  if (!(days > 0 && days <= tokenMaxDays)) {
    throw new ServiceError("usage", `Cannot make a token for ${text.slice(0, 20)} days: it needs 1 to ${tokenMaxDays}`);
  }
  const scopes = [...fields.all("scope"), ...fields.all("scopes")] as Scope[]; // checked where it is made
  const expiresAt = now() + Math.floor(days * DAY_MILLISECONDS);
  const { grant, user } = c.var;
  if (grant.kind === "token") {
    const more = scopes.find((scope) => !grant.scopes.includes(scope));
    if (more !== undefined) {
      throw new ServiceError("forbidden", `Cannot make a token with scope ${more.slice(0, 40)} by one that has it not`);
    }
    const own = (await tokens.list(user.id)).find(({ id }) => id === grant.tokenId);
    const latest = own?.expiresAt ?? expiresAt;
    const maker = { kind: "token", id: grant.tokenId } as const;
    return { name: fields.get("name") ?? "", scopes, expiresAt: Math.min(expiresAt, latest), maker };
  }
  if (grant.kind !== "session") throw new ServiceError("unauthenticated", "Cannot make a token: sign in first");
  const maker = { kind: "session", id: grant.sessionId } as const;
  return { name: fields.get("name") ?? "", scopes, expiresAt, maker };
}

async function showTokens(c: Context<AppEnv>, services: TokenServices): Promise<Response> {
  const { user } = c.var;
  const isAdmin = user.administers;
  const made = await takeMade(c, services);
  const view = tokensPage({
    viewer: requireViewer(c),
    notice: noticeOf(c, DONE),
    tokens: await services.tokens.list(user.id),
    now: services.now(),
    scopes: Object.entries(SCOPES)
      .filter(([name]) => isAdmin || (name !== "admin" && name !== "act-for"))
      .map(([name, meaning]) => ({ name, meaning, isUsual: name === "read" || name === "jobs" })),
    days: { usual: Math.min(USUAL_DAYS, services.tokenMaxDays), most: services.tokenMaxDays },
    nameLength: MOST_TOKEN_NAME,
    made,
  });
  return showPage(c, view);
}

const MADE_COOKIE = "recorte_made";
/** From the form's answer to the page after it, which the browser loads at once. */
const MADE_SECONDS = 60;

/** A token goes from the form to the page after it in a cookie of that page alone: nothing of ours keeps it. */
function setMade(c: Context<AppEnv>, secret: string, maxAge = MADE_SECONDS): void {
  setCookie(c, MADE_COOKIE, secret, { path: "/tokens", httpOnly: true, sameSite: "Strict", secure: hasTls(c), maxAge });
}

/** Shown once, and only where it is one that the user has just made: a cookie may be somebody else's doing. */
async function takeMade(c: Context<AppEnv>, services: TokenServices): Promise<TokensView["made"]> {
  const secret = getCookie(c, MADE_COOKIE);
  if (secret === undefined) return null;
  setMade(c, "", 0);
  const since = services.now() - 2 * MADE_SECONDS * 1000;
  const own = (await services.tokens.list(c.var.user.id)).find(
    ({ prefix, createdAt }) => createdAt >= since && secret.startsWith(prefix),
  );
  if (own === undefined) return null;
  const url = `${c.var.addressOf("cutout", c.var.publicUrl)}/account/usage`;
  return { name: own.name, secret, example: `curl -H 'Authorization: Bearer ${secret}' '${url}'` };
}

export function describeToken(token: ApiToken) {
  const { id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt, revokedAt } = token;
  return {
    ...{ id, name, prefix, scopes },
    createdAt: isoInstant(createdAt),
    expiresAt: isoInstant(expiresAt),
    lastUsedAt: isoInstant(lastUsedAt),
    revokedAt: isoInstant(revokedAt),
  };
}

function note(
  c: Context<AppEnv>,
  { audit }: TokenServices,
  action: "token-created" | "token-revoked",
  { name, prefix, scopes }: ApiToken,
): void {
  const { user, clientAddress } = c.var;
  const detail = { prefix, scopes };
  audit.record({ actor: user.id, actorName: user.name, action, subject: name, detail, address: clientAddress });
}
