import type { MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { Authenticate } from "../access/authenticate.ts";
import type { AppEnv } from "./app-env.ts";

export const SESSION_COOKIE = "recorte_session";

/** Sets the user and the grant, and tells who was recognised (SSO 2.0: X-VO-Authenticated). */
export function identifyRequests(options: { readonly authenticate: Authenticate }): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const { user, grant } = await options.authenticate({
      authorization: c.req.header("authorization"),
      session: getCookie(c, SESSION_COOKIE),
      onBehalfOf: c.req.header("x-on-behalf-of"),
    });
    c.set("user", user);
    c.set("grant", grant);
    if (user.role !== "anonymous") c.header("X-VO-Authenticated", user.name);
    await next();
  };
}
