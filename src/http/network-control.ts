import type { Context, MiddlewareHandler } from "hono";
import type { Networks } from "../access/network/networks.ts";
import { ServiceError } from "../errors.ts";
import type { AppEnv } from "./app-env.ts";
import type { Client } from "./client-address.ts";

/** Refuses clients outside of the networks that a service is open to; without networks it is open to everybody. */
export function controlNetwork(allowed: Networks): MiddlewareHandler<AppEnv> | null {
  if (allowed.isEmpty) return null;
  return (c, next) => {
    const client = c.get("client");
    if (!allowed.has(client.ip)) throw refusal(client);
    return next();
  };
}

/**
 * Whether a request comes out of these networks all the way: its client and its peer do. A proxy's own address is not
 * enough, and neither is what it says, should it be believed without reason.
 */
export function comesFrom(networks: Networks, c: Context<AppEnv>): boolean {
  const { ip, peer } = c.var.client;
  return networks.has(ip) && networks.has(peer.ip);
}

function refusal({ text, ip }: Client): ServiceError {
  const client = ip === null ? "a client whose address is not known" : (text ?? "");
  return new ServiceError("forbidden", `Cannot answer ${client}: this service is open to certain networks only`);
}
