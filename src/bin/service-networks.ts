import type { Networks } from "../access/network/networks.ts";
import type { ServiceName } from "../http/host-router.ts";
import type { Configuration } from "./configuration.ts";

/** The networks that a service is open to; empty: everybody. */
export function networksOf(configuration: Configuration, service: ServiceName): Networks {
  switch (service) {
    case "cutout":
      return configuration.cutoutAllowedIps;
    case "auth":
      return configuration.authAllowedIps;
    case "dsa110":
      return configuration.dsa110AllowedIps;
    default:
      return service satisfies never;
  }
}
