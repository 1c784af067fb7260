import { allowAllOrigins, allowOwnOrigins } from "../http/allow-origins.ts";
import { createHostCheck } from "../http/control-host.ts";
import { limitFailures } from "../http/limit-failures.ts";
import { limitRequests } from "../http/limit-requests.ts";
import { controlNetwork } from "../http/network-control.ts";
import { refuseCrossSite } from "../http/refuse-cross-site.ts";
import { createServiceAddresses, ownOriginsOf, type AddressOf } from "../http/service-addresses.ts";
import type { ServiceFrame } from "../http/service-app.ts";
import type { ServiceName } from "../http/service-names.ts";
import type { Configuration } from "./configuration.ts";
import { createLog } from "./log.ts";
import { createServiceMetrics, type ServiceMetrics } from "./metrics/service-metrics.ts";
import { ALLOWED_IPS } from "./settings/network-settings.ts";
import type { SharedServices } from "./shared-services.ts";

/** What every service of this process has in common, as the configuration has it for this one. */
export function createServiceFrame(
  configuration: Configuration,
  service: ServiceName,
  { access, limits }: Pick<SharedServices, "access" | "limits">,
): ServiceFrame & { readonly addressOf: AddressOf; readonly metrics: ServiceMetrics } {
  const { publicUrl: cutout, authUrl: auth, domain, trustedProxies } = configuration;
  const fixed: Partial<Record<ServiceName, string>> = { cutout, auth };
  const addressOf = createServiceAddresses({ fixed, domain });
  const ownOrigins = (publicUrl: string) => ownOriginsOf(addressOf, publicUrl);
  const allowed = configuration[ALLOWED_IPS[service]];
  const metrics = createServiceMetrics();
  return {
    name: service,
    metrics,
    metricsPage: { ...metrics, allowed: configuration.metricsAllowedIps },
    authenticate: access.authenticate,
    sessionCookie: { domain },
    publicUrl: fixed[service],
    addressOf,
    trustedProxies,
    offersPasswords: configuration.localAccounts,
    log: createLog(configuration.log),
    controlNetwork: controlNetwork(allowed),
    refuseCrossSite: refuseCrossSite({ ownOriginsOf: ownOrigins, isClosed: !allowed.isEmpty }),
    limitRequests: limitRequests(limits),
    limitFailures: limitFailures(),
    allowOrigins: service === "auth" ? null : allowed.isEmpty ? allowAllOrigins : allowOwnOrigins(ownOrigins),
    isOurHost: createHostCheck({ addresses: [cutout, auth], domain }),
  };
}
