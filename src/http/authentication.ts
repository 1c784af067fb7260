import type { MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { Authenticate } from "../access/authenticate.ts";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";

/** One that a proxy gave is kept, so that its log and ours can be laid side by side. */
const REQUEST_ID = /^[\w.-]{1,64}$/;

export const SESSION_COOKIE = "recorte_session";

/** Sets what `AppEnv` promises, and tells the request's id and who was recognised (SSO 2.0: X-VO-Authenticated). */
export function identifyRequests(options: {
  readonly authenticate: Authenticate;
  readonly publicUrl: string | undefined;
}): MiddlewareHandler<AppEnv> {
  const publicUrl = options.publicUrl?.replace(/\/+$/, "");
  const originOf = createOriginReader();
  return async (c, next) => {
    const requestId = REQUEST_ID.exec(c.req.header("x-request-id") ?? "")?.[0] ?? crypto.randomUUID();
    c.set("startedAt", performance.now());
    c.set("requestId", requestId);
    c.header("X-Request-Id", requestId);
    c.set("publicUrl", publicUrl ?? originOf(c.req.url));
    c.set("clientAddress", null);
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

/** "usage" where the Host header is no name of a host after all. Clients name few hosts: the last one is remembered. */
function createOriginReader(): (url: string) => string {
  let known = "";
  let origin = "";
  return (url) => {
    // What follows the host changes neither the origin nor whether there is one.
    const host = url.slice(0, url.indexOf("/", url.indexOf("//") + 2));
    if (host !== known) {
      if (!URL.canParse(url)) throw new ServiceError("usage", "Cannot read the Host header: it is damaged");
      origin = new URL(url).origin;
      known = host;
    }
    return origin;
  };
}
