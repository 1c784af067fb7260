import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { isSameSecret, newSecret, SECRET } from "../../access/secrets.ts";
import { ServiceError } from "../../errors.ts";
import type { AppEnv } from "../app-env.ts";
import { readFields, type Fields } from "../form-fields.ts";

// Browsers send cookies with whatever any page makes them ask for. A form of ours carries what no other page can know:
// of who has signed in a digest of the session's secret, of who has not, what a cookie has (double submit).

const FORM_COOKIE = "recorte_form";

/** What a form of somebody who has not signed in carries; its cookie is set where it is not there. */
export function formTokenOf(c: Context<AppEnv>): string {
  const known = readFormCookie(c);
  if (known !== undefined) return known;
  const token = newSecret();
  const isSecure = hasTls(c);
  // With the prefix no other host, and nothing without TLS, can have set it (RFC 6265bis, section 4.1.3.2).
  const prefix = isSecure ? ({ prefix: "host" } as const) : {};
  setCookie(c, FORM_COOKIE, token, { ...prefix, httpOnly: true, sameSite: "Lax", path: "/", secure: isSecure });
  return token;
}

/** Whether a form of ours, or its cookie, came: else it was no browser with our page. */
export function comesFromForm(c: Context<AppEnv>, fields: Fields): boolean {
  return fields.get("csrf") !== undefined || readFormCookie(c) !== undefined;
}

/** "forbidden" unless the form is one of ours, in this browser. */
export function requireFormToken(c: Context<AppEnv>, fields: Fields): void {
  const known = readFormCookie(c);
  if (known !== undefined && isSameSecret(fields.get("csrf") ?? "", known)) return;
  throw refused();
}

/**
 * What came with a request that changes something. A session alone does not do: it takes the form's own token, in a field
 * or in X-CSRF-Token, or a body that no form can send. Who sends a token in Authorization means it.
 */
export async function readChange(c: Context<AppEnv>): Promise<Fields> {
  const fields = await readFields(c.req.raw);
  const { grant } = c.var;
  switch (grant.kind) {
    case "none":
      throw new ServiceError("unauthenticated", "Cannot change anything: sign in first");
    case "token":
      return fields;
    case "session": {
      const given = fields.get("csrf") ?? c.req.header("x-csrf-token") ?? "";
      if (fields.isJson || isSameSecret(given, grant.csrfToken)) return fields;
      throw refused();
    }
    default:
      return grant satisfies never;
  }
}

/** Whether clients come by TLS: cookies are to be sent by nothing else then. */
export function hasTls(c: Context<AppEnv>): boolean {
  return c.var.publicUrl.startsWith("https:");
}

/** One that is none of ours is none. */
function readFormCookie(c: Context<AppEnv>): string | undefined {
  const value = hasTls(c) ? getCookie(c, FORM_COOKIE, "host") : getCookie(c, FORM_COOKIE);
  return value !== undefined && SECRET.test(value) ? value : undefined;
}

function refused(): ServiceError {
  return new ServiceError(
    "forbidden",
    "Cannot take this form: it is not from this page, or too old; load the page again",
  );
}
