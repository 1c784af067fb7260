import type { Context, Hono } from "hono";
import { returnAddress } from "../../access/sign-in/return-address.ts";
import { ServiceError } from "../../errors.ts";
import { signInPage } from "../../web/sign-in-page.ts";
import type { AppEnv } from "../app-env.ts";
import { challengesOf } from "../challenge.ts";
import { ownOrigins, seeOther, showPage } from "./auth-app-pages.ts";
import { comesFromForm, formTokenOf, readChange, requireFormToken } from "./csrf.ts";
import { readFields, type Fields } from "../form-fields.ts";
import { checkPassword, signIn, type LoginServices } from "./sign-in.ts";
import { answerVoClient } from "./login-routes-vo.ts";
import { addResource } from "../resource.ts";
import { clearSessionCookie } from "../session-cookie.ts";

/** Said of every wrong sign-in: whether there is such an account is nobody's business. */
const WRONG = "Name or password is wrong.";
const HOME = "/account";

/** Sign in with a password, here and for VO clients, and sign out. */
export function addLoginRoutes(app: Hono<AppEnv>, services: LoginServices): void {
  addResource(app, "/login", {
    GET: (c) => {
      const returnTo = returnTarget(c, c.req.query("return_to"));
      return c.var.grant.kind === "session" ? seeOther(c, returnTo) : showSignIn(c, services, { returnTo });
    },
    async POST(c) {
      refuseOtherPages(c);
      const fields = await readFields(c.req.raw);
      if (!comesFromForm(c, fields)) return answerVoClient(c, services, fields);
      requireFormToken(c, fields);
      return answerForm(c, services, fields);
    },
  });

  addResource(app, "/logout", {
    async POST(c) {
      const { grant, user, clientAddress } = c.var;
      if (grant.kind !== "session") return seeOther(c, "/login");
      await readChange(c);
      await services.sessions.end(grant.sessionId);
      clearSessionCookie(c, services.sessionCookie);
      const who = { actor: user.id, actorName: user.name, subject: user.name };
      services.audit.record({ ...who, action: "sign-out", address: clientAddress });
      return seeOther(c, "/login", "signed-out");
    },
  });
}

/**
 * "forbidden" for what a page of another site sends, before it counts: it could try wrong passwords until its visitor may
 * try no more. VO clients do not say that they are pages.
 */
function refuseOtherPages(c: Context<AppEnv>): void {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site") ?? "none";
  const isOurs = origin === undefined || ownOrigins(c).includes(origin);
  if (isOurs && (site === "same-origin" || site === "none")) return;
  throw new ServiceError("forbidden", "Cannot sign in: the request comes from a page of another site");
}

async function answerForm(c: Context<AppEnv>, services: LoginServices, fields: Fields): Promise<Response> {
  const name = fields.get("username") ?? "";
  const checked = await checkPassword(c, services, { name, password: fields.get("password") ?? "" });
  const returnTo = returnTarget(c, fields.get("return_to"));
  if (checked === null) {
    c.header("WWW-Authenticate", challengesOf(c));
    return showSignIn(c, services, { returnTo, name: name.slice(0, 200), wrong: true });
  }
  await signIn(c, services, { ...checked, provider: "local" });
  return seeOther(c, returnTo);
}

type SignInState = { readonly returnTo: string; readonly name?: string; readonly wrong?: boolean };

function showSignIn(c: Context<AppEnv>, services: LoginServices, state: SignInState): Promise<Response> {
  const { returnTo, name, wrong = false } = state;
  const signedOut = c.req.query("done") === "signed-out";
  const query = new URLSearchParams({ return_to: new URL(returnTo, c.var.publicUrl).href }).toString();
  const view = signInPage({
    csrfToken: formTokenOf(c),
    providers: services.listProviders().map(({ title, startUrl }) => ({ title, href: `${startUrl}?${query}` })),
    takesPasswords: services.takesPasswords,
    name,
    returnTo,
    notice: wrong
      ? { kind: "wrong", text: WRONG }
      : signedOut
        ? { kind: "done", text: "You are signed out." }
        : undefined,
  });
  return showPage(c, view, wrong ? 401 : 200);
}

/** An address of ours, as a path where it is of this service. */
function returnTarget(c: Context<AppEnv>, wanted: string | undefined): string {
  const { publicUrl } = c.var;
  const fallback = publicUrl + HOME;
  const address = returnAddress(wanted, { base: publicUrl, origins: ownOrigins(c), fallback });
  const { origin, pathname, search } = new URL(address);
  if (origin !== new URL(publicUrl).origin) return address;
  return pathname === "/login" ? HOME : pathname.replace(/^\/{2,}/, "/") + search;
}
