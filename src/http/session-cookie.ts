import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import type { AppEnv } from "./app-env.ts";

export const SESSION_COOKIE = "recorte_session";

export type SessionCookieOptions = {
  /** Of all services (RECORTE_DOMAIN): one sign-in is for all of them. */
  readonly domain?: string | undefined;
};

/** Cookies that are looked at: a browser sends one of the host and one of the domain, unless somebody meddles. */
const MOST_COOKIES = 64;

/** The values of all cookies of this name in a Cookie header, each once (RFC 6265, section 5.4: a name may come again). */
export function sessionSecretsIn(header: string | undefined): readonly string[] {
  if (header?.includes(SESSION_COOKIE) !== true) return [];
  const secrets = new Set<string>();
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (pair.slice(0, equals).trim() === SESSION_COOKIE) secrets.add(pair.slice(equals + 1).trim());
    if (secrets.size === MOST_COOKIES) break;
  }
  return [...secrets];
}

/** The browser sends `secret` to every service until it expires. */
export function setSessionCookie(
  c: Context<AppEnv>,
  { secret, expiresAt, domain }: SessionCookieOptions & { readonly secret: string; readonly expiresAt: Date },
): void {
  setCookie(c, SESSION_COOKIE, secret, { ...attributesOf(c, domain), expires: expiresAt });
}

export function clearSessionCookie(c: Context<AppEnv>, { domain }: SessionCookieOptions): void {
  const attributes = attributesOf(c, domain);
  setCookie(c, SESSION_COOKIE, "", { ...attributes, maxAge: 0 });
  // One of the host alone, of a time before there was a domain, would be sent for ever.
  if (attributes.domain !== undefined)
    setCookie(c, SESSION_COOKIE, "", { ...attributes, domain: undefined, maxAge: 0 });
}

/** Scripts do not see it, and pages of others send it only where somebody follows a link. */
function attributesOf(c: Context<AppEnv>, domain: string | undefined) {
  const { protocol, hostname } = new URL(c.var.publicUrl);
  return {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: protocol === "https:",
    domain: domainOf(hostname, domain),
  } satisfies CookieOptions;
}

/** Browsers refuse cookies of a domain that is one label or a number, or not of the host that sets them. */
function domainOf(hostname: string, domain: string | undefined): string | undefined {
  if (domain === undefined || !domain.includes(".") || /^[\d.]+$/.test(domain)) return undefined;
  return hostname === domain || hostname.endsWith(`.${domain}`) ? domain : undefined;
}
