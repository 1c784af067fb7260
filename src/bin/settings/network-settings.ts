import { parseNetworks } from "../../access/network/networks.ts";
import type { ServiceName } from "../../http/service-names.ts";
import { required } from "./setting.ts";

const LOOPBACK = "127.0.0.0/8,::1";
/** RFC 1918 and, of IPv6, RFC 4193. */
const PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7";

/** From where the services may be asked. Lists replace the default, and say what they let in: all else is refused. */
export const NETWORK_SETTINGS = {
  trustedProxies: required({
    variable: "RECORTE_TRUSTED_PROXIES",
    parse: parseNetworks,
    fallback: LOOPBACK,
    explanation: "Networks of proxies whose X-Forwarded-For, -Proto and -Host are believed",
  }),
  cutoutAllowedIps: required({
    variable: "RECORTE_CUTOUT_ALLOWED_IPS",
    parse: parseNetworks,
    fallback: "",
    explanation: "Networks that the cutout service is open to, apart by commas; not set: everybody",
  }),
  authAllowedIps: required({
    variable: "RECORTE_AUTH_ALLOWED_IPS",
    parse: parseNetworks,
    fallback: "",
    explanation: "The same of the auth service",
  }),
  dsa110AllowedIps: required({
    variable: "DSA110_ALLOWED_IPS",
    parse: parseNetworks,
    fallback: `${LOOPBACK},${PRIVATE}`,
    explanation: "The same of the DSA-110 service; 0.0.0.0/0,::/0 opens it",
  }),
  metricsAllowedIps: required({
    variable: "RECORTE_METRICS_ALLOWED_IPS",
    parse: parseNetworks,
    fallback: LOOPBACK,
    explanation: "Networks that /metrics is open to; a proxy on them does not let others in",
  }),
};

/** The setting with the networks that a service is open to; empty: everybody. */
export const ALLOWED_IPS = {
  cutout: "cutoutAllowedIps",
  auth: "authAllowedIps",
  dsa110: "dsa110AllowedIps",
} as const satisfies Record<ServiceName, keyof typeof NETWORK_SETTINGS>;
