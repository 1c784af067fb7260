import type { Context, MiddlewareHandler } from "hono";
import { parseIpAddress } from "../access/network/ip-address.ts";
import type { AppEnv } from "./app-env.ts";
import { forwardedHostOf } from "./forwarded-origin.ts";
import { hostIn, hostNameOf } from "./host-name.ts";
import { SERVICE_NAMES } from "./service-names.ts";

/** Whether a request names a host of ours. */
export type IsOurHost = (c: Context<AppEnv>) => boolean;

/**
 * Hosts are ours by the names of the configuration: `<service>.<domain>` and the domain, the same of localhost, and those of
 * addresses that are set; and by number. A page of somebody else can have a name of theirs point to a network that the
 * browser is in, and ask by it as if it were ours (DNS rebinding): the name then tells. Scripts of that page may set what a
 * proxy would, so both count.
 */
export function createHostCheck({
  addresses,
  domain,
}: {
  /** Of services, where they are set. */
  readonly addresses: readonly (string | undefined)[];
  readonly domain: string;
}): IsOurHost {
  const names = new Set(addresses.flatMap((address) => (address === undefined ? [] : [new URL(address).hostname])));
  for (const parent of [domain, "localhost"]) {
    names.add(parent.toLowerCase());
    for (const service of SERVICE_NAMES) names.add(`${service}.${parent}`.toLowerCase());
  }
  const isOurs = (host: string) => names.has(host) || parseIpAddress(host.replace(/^\[(.*)\]$/, "$1")) !== null;
  // Clients name few hosts: the last one is remembered.
  let known = "";
  return (c) => {
    const host = hostIn(c.req.url);
    if (host !== known) {
      if (!isOurs(hostNameOf(host))) return false;
      known = host;
    }
    const forwarded = c.get("client").peer.isTrusted ? forwardedHostOf(c.req.header("x-forwarded-host")) : undefined;
    return forwarded === undefined || isOurs(hostNameOf(forwarded));
  };
}

/** Answers no request for a host that is not ours (RFC 9110, section 15.5.20). */
export function controlHost(isOurs: IsOurHost): MiddlewareHandler<AppEnv> {
  return (c, next) => (isOurs(c) ? next() : Promise.resolve(answerMisdirected(c)));
}

export function answerMisdirected(c: Context<AppEnv>): Response {
  const host = JSON.stringify(hostNameOf(hostIn(c.req.url)).slice(0, 100));
  return c.text(
    `UsageError: Cannot answer for the host ${host}: this is open to certain networks only, and to the names of its ` +
      "configuration (RECORTE_DOMAIN, RECORTE_PUBLIC_URL, RECORTE_AUTH_URL), localhost and addresses\n",
    421,
  );
}
