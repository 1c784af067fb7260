import { SERVICE_NAMES, type ServiceName } from "./service-names.ts";

/**
 * Address of a service as clients see it, without a slash at the end, told to a client of the service at `publicUrl`, which
 * is `c.var.publicUrl`.
 */
export type AddressOf = (service: ServiceName, publicUrl: string) => string;

const SERVICE_LABEL = new RegExp(`^(?:${SERVICE_NAMES.join("|")})\\.`);

/**
 * Where the configuration says nothing of a service, it is the host next to the one that the client names: `auth.x.org` to a
 * client of `cutout.x.org`, and of `x.org`, on the same port. Numbers have no names beside them: there it is under `domain`.
 */
export function createServiceAddresses({
  fixed,
  domain,
}: {
  readonly fixed: Readonly<Partial<Record<ServiceName, string | undefined>>>;
  readonly domain: string;
}): AddressOf {
  // Clients name few hosts: the last one is remembered.
  let last = { service: "", publicUrl: "", address: "" };
  return (service, publicUrl) => {
    const known = fixed[service];
    if (known !== undefined) return known;
    if (last.service === service && last.publicUrl === publicUrl) return last.address;
    const { protocol, hostname, port } = new URL(publicUrl);
    const isNumber = hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
    const parent = isNumber ? domain : hostname.replace(SERVICE_LABEL, "");
    const address = `${protocol}//${service}.${parent}${port === "" ? "" : `:${port}`}`;
    last = { service, publicUrl, address };
    return address;
  };
}

/** Origins of all our services, told to a client of the one at `publicUrl`: each once, and its own first. */
export function ownOriginsOf(addressOf: AddressOf, publicUrl: string): readonly string[] {
  const addresses = [publicUrl, ...SERVICE_NAMES.map((name) => addressOf(name, publicUrl))];
  return [...new Set(addresses.map((address) => new URL(address).origin))];
}
