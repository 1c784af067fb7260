import type { Context, MiddlewareHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { ServiceError } from "../../errors.ts";
import { errorPage } from "../../web/error-page.ts";
import type { Html, Viewer } from "../../web/page.ts";
import type { AppEnv } from "../app-env.ts";
import { describeError } from "../error-response.ts";
import { ownOriginsOf } from "../service-addresses.ts";

/** Headers of everything that the auth service says, and pages in place of texts where a browser asks. */
export function servePages(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.header("Content-Security-Policy", policyOf(ownOrigins(c)));
    // With "no-referrer" browsers would send `Origin: null` with our own forms.
    c.header("Referrer-Policy", "same-origin");
    c.header("X-Content-Type-Options", "nosniff");
    c.header("X-Frame-Options", "DENY");
    c.header("Cross-Origin-Opener-Policy", "same-origin");
    c.header("Cache-Control", "no-store");
    c.header("Vary", "Accept, Authorization, Cookie");
    await next();
    if (c.res.status < 400 || !wantsPage(c) || isPage(c.res)) return;
    const { status } = c.res;
    const text = c.error === undefined ? await c.res.text() : describeError(c.error, c.var.requestId).text;
    const headers = new Headers(c.res.headers);
    headers.delete("content-length");
    headers.set("content-type", "text/html; charset=UTF-8");
    const body = await errorPage({ viewer: viewerOf(c), status, text, back: backOf(c) });
    c.res = undefined;
    c.res = new Response(String(body), { status, headers });
  };
}

/** `origins`: where a form may lead to in the end. Browsers ask that of the page that has the form. */
function policyOf(origins: readonly string[]): string {
  const forms = ["'self'", ...origins].join(" ");
  return `default-src 'none'; style-src 'self'; img-src 'self'; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`;
}

/** Of our services, for this client: where one may go after signing in. */
export function ownOrigins(c: Context<AppEnv>): readonly string[] {
  const { addressOf, publicUrl } = c.var;
  return ownOriginsOf(addressOf, publicUrl);
}

function isPage(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/html") === true;
}

/** The page whose form failed. */
function backOf(c: Context<AppEnv>): string | null {
  if (c.req.method !== "POST") return null;
  const [, first = "", second, third] = c.req.path.split("/");
  if (first === "admin")
    return second === "users" && third !== undefined ? `/admin/users/${third}` : `/admin/${second ?? ""}`;
  return first === "account" || first === "tokens" ? `/${first}` : null;
}

/** Scripts: who sends a token, and who would rather have JSON than a page. */
export function wantsJson(c: Context<AppEnv>): boolean {
  if (c.req.header("authorization") !== undefined) return true;
  const accept = c.req.header("accept")?.toLowerCase() ?? "";
  return accept.includes("application/json") && !accept.includes("text/html");
}

/** Browsers: every one of them says so. */
function wantsPage(c: Context<AppEnv>): boolean {
  return c.req.header("authorization") === undefined && c.req.header("accept")?.includes("text/html") === true;
}

/** Who looks at a page: only who has signed in, in a browser. */
export function viewerOf(c: Context<AppEnv>): Viewer | null {
  const { user, grant } = c.var;
  // A request that was refused before it was known who sent it has neither.
  if (grant?.kind !== "session") return null;
  return { name: user.name, isAdmin: user.administers, csrfToken: grant.csrfToken };
}

/** "forbidden" where there is none: pages and their forms are for browsers. */
export function requireViewer(c: Context<AppEnv>): Viewer {
  const viewer = viewerOf(c);
  if (viewer === null) throw new ServiceError("forbidden", "Cannot show this page: it needs somebody signed in");
  return viewer;
}

export async function showPage(c: Context<AppEnv>, html: Html, status: ContentfulStatusCode = 200): Promise<Response> {
  return c.html(await html, status);
}

/** After a form: the browser loads the page anew, and nothing is sent twice. */
export function seeOther(c: Context<AppEnv>, path: string, done?: string): Response {
  const query = done === undefined ? "" : `${path.includes("?") ? "&" : "?"}done=${done}`;
  return c.redirect(path + query, 303);
}

/** Strangers are sent to sign in, and come back; scripts are told. */
export const requireSignIn: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.var.user.role !== "anonymous") return next();
  if (wantsJson(c)) throw new ServiceError("unauthenticated", "Cannot answer: it needs a token, or somebody signed in");
  const { pathname, search } = new URL(c.req.url);
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  return c.redirect(
    isRead ? `/login?${new URLSearchParams({ return_to: pathname + search }).toString()}` : "/login",
    303,
  );
};

/** "forbidden" for everybody but administrators, and their tokens without that scope. */
export const requireAdmin: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { role, administers } = c.var.user;
  if (administers) return next();
  const needed = role === "admin" ? "it needs a token with scope admin" : "it is for administrators only";
  throw new ServiceError("forbidden", `Cannot administer: ${needed}`);
};

/** A service that asks in somebody's name does their work, and nothing to their account. */
export function refuseActing(c: Context<AppEnv>): void {
  const { grant } = c.var;
  if (grant.kind === "token" && grant.actor !== null) {
    throw new ServiceError("forbidden", "Cannot do this in the name of another user: X-On-Behalf-Of is for their work");
  }
}
