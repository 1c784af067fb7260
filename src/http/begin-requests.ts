import type { MiddlewareHandler } from "hono";
import { NO_NETWORKS, type Networks } from "../access/network/networks.ts";
import { ServiceError } from "../errors.ts";
import { setAnswerHeader } from "./answer-header.ts";
import type { AppEnv } from "./app-env.ts";
import { createClientReader } from "./client-address.ts";
import { forwardedHostOf, forwardedSchemeOf } from "./forwarded-origin.ts";
import { requestHeader } from "./request-header.ts";
import { createRuleFinder, type RouteRules } from "./route-rules.ts";
import { createServiceAddresses, type AddressOf } from "./service-addresses.ts";

/** One that a proxy gave is kept, so that its log and ours can be laid side by side. */
const REQUEST_ID = /^[\w.-]{1,64}$/;

export type BeginOptions = {
  /** Address of this service as clients see it, where that is not what requests say. */
  readonly publicUrl: string | undefined;
  /** Proxies that are believed what they say of a client: none unless they are named. */
  readonly trustedProxies?: Networks | undefined;
  readonly addressOf?: AddressOf | undefined;
  /** Of the service; see `RouteRules` for what is not in them. */
  readonly rules?: RouteRules | undefined;
  /** There are local accounts: challenges name the address where a password gives a token. */
  readonly offersPasswords?: boolean | undefined;
};

/** Sets what can be told of a request before anybody asks whether it may come in: when, from where, to where, by which rule. */
export function beginRequests(options: BeginOptions): MiddlewareHandler<AppEnv> {
  const findRule = createRuleFinder(options.rules ?? {});
  const publicUrl = options.publicUrl?.replace(/\/+$/, "");
  const readClient = createClientReader(options.trustedProxies ?? NO_NETWORKS);
  const addressOf = options.addressOf ?? createServiceAddresses({ fixed: {}, domain: "localhost" });
  const originOf = createOriginReader();
  return (c, next) => {
    c.set("startedAt", performance.now());
    c.set("rule", findRule(c.req.path));
    const requestId = REQUEST_ID.exec(requestHeader(c, "x-request-id") ?? "")?.[0] ?? crypto.randomUUID();
    c.set("requestId", requestId);
    setAnswerHeader(c, "X-Request-Id", requestId);
    setAnswerHeader(c, "X-Content-Type-Options", "nosniff"); // it is what its type says, and no page
    const client = readClient(c.env, () => c.req.header("x-forwarded-for"));
    c.set("client", client);
    c.set("clientAddress", client.text);
    c.set("publicUrl", publicUrl ?? originOf(c.req.url, client.peer.isTrusted ? c.req : undefined));
    c.set("addressOf", addressOf);
    c.set("offersPasswords", options.offersPasswords ?? false);
    return next();
  };
}

type Headers = { header(name: string): string | undefined };

/**
 * Scheme and host of the address that the client asked for: the request's own, but for what a trusted proxy says of them.
 * "usage" where the Host header is no name of a host after all. Clients name few hosts: the last one is remembered.
 */
function createOriginReader(): (url: string, proxy: Headers | undefined) => string {
  let known = "";
  let origin = "";
  return (url, proxy) => {
    // What follows the host changes neither the origin nor whether there is one.
    const start = url.indexOf("//");
    const end = url.indexOf("/", start + 2);
    let host = end === -1 ? url : url.slice(0, end);
    if (proxy !== undefined) {
      const scheme = forwardedSchemeOf(proxy.header("x-forwarded-proto")) ?? host.slice(0, start - 1);
      host = `${scheme}://${forwardedHostOf(proxy.header("x-forwarded-host")) ?? host.slice(start + 2)}`;
    }
    if (host !== known) {
      if (!URL.canParse(host)) throw new ServiceError("usage", "Cannot read the Host header: it is damaged");
      origin = new URL(host).origin;
      known = host;
    }
    return origin;
  };
}
