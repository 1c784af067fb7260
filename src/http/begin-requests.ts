import type { MiddlewareHandler } from "hono";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";

/** One that a proxy gave is kept, so that its log and ours can be laid side by side. */
const REQUEST_ID = /^[\w.-]{1,64}$/;

/** Sets what can be told of a request before anybody asks whether it may come in: when, from where, to which address. */
export function beginRequests(options: { readonly publicUrl: string | undefined }): MiddlewareHandler<AppEnv> {
  const publicUrl = options.publicUrl?.replace(/\/+$/, "");
  const originOf = createOriginReader();
  return async (c, next) => {
    const requestId = REQUEST_ID.exec(c.req.header("x-request-id") ?? "")?.[0] ?? crypto.randomUUID();
    c.set("startedAt", performance.now());
    c.set("requestId", requestId);
    c.header("X-Request-Id", requestId);
    c.set("clientAddress", null);
    c.set("publicUrl", publicUrl ?? originOf(c.req.url));
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
