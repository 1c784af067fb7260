import { hostIn, hostNameOf } from "./host-name.ts";
import type { ServiceName } from "./service-names.ts";

/** What a Hono app answers with; `env` is of the server below it. */
export type Fetch = (request: Request, env: object) => Response | Promise<Response>;

/**
 * Chooses the app by the Host of a request: `<service>.<domain>`, whatever its case and port and with a dot at its end or
 * without; anything else is the first of the services, and so is a request that names no host (HTTP/1.0).
 */
export function createHostRouter({
  services,
  domain,
}: {
  /** In the order of the configuration; at least one. */
  readonly services: ReadonlyMap<ServiceName, Fetch>;
  readonly domain: string;
}): Fetch {
  const first = services.values().next().value;
  if (first === undefined) throw new Error("A process needs at least one service");
  if (services.size === 1) return first;
  const byHost = new Map([...services].map(([name, fetch]) => [`${name}.${domain}`, fetch]));
  // Clients name few hosts: the last one is remembered as it was written.
  let knownHost = "";
  let known: Fetch = first;
  return (request, env) => {
    const host = hostIn(request.url);
    if (host !== knownHost) {
      known = byHost.get(hostNameOf(host)) ?? first;
      knownHost = host;
    }
    return known(request, env);
  };
}
