import { SERVICE_NAMES, type ServiceName } from "./service-names.ts";

/**
 * Address of a service as clients see it, without a slash at the end, told to a client of the service at `publicUrl`, which
 * is `c.var.publicUrl`.
 */
export type AddressOf = (service: ServiceName, publicUrl: string) => string;

const SERVICE_LABEL = new RegExp(`^(?:${SERVICE_NAMES.join("|")})\\.`);

/**
 * Where the configuration says nothing of a service, it is the host next to the one that the client names: `auth.x.org` to a
 * client of `cutout.x.org`, and of `x.org`, on the same port. That is only believed of hosts under `domain`, localhost or an
 * address that is set: to a client of any other name, or of a number, it is under `domain`.
 */
export function createServiceAddresses({
  fixed,
  domain,
}: {
  readonly fixed: Readonly<Partial<Record<ServiceName, string | undefined>>>;
  readonly domain: string;
}): AddressOf {
  const hosts = Object.values(fixed).flatMap((address) => (address === undefined ? [] : [new URL(address).hostname]));
  const parents = [domain, ...hosts.filter((host) => !isNumber(host)).map(parentOf), "localhost"];
  // Clients name few hosts: the last one is remembered.
  let last = { service: "", publicUrl: "", address: "" };
  return (service, publicUrl) => {
    const known = fixed[service];
    if (known !== undefined) return known;
    if (last.service === service && last.publicUrl === publicUrl) return last.address;
    const { protocol, hostname, port } = new URL(publicUrl);
    const parent = parents.find((one) => hostname === one || hostname.endsWith(`.${one}`)) ?? domain;
    const address = `${protocol}//${service}.${parent}${port === "" ? "" : `:${port}`}`;
    last = { service, publicUrl, address };
    return address;
  };
}

function isNumber(hostname: string): boolean {
  return hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
}

function parentOf(hostname: string): string {
  return hostname.replace(SERVICE_LABEL, "");
}

/** Origins of all our services, told to a client of the one at `publicUrl`: each once, and its own first. */
export function ownOriginsOf(addressOf: AddressOf, publicUrl: string): readonly string[] {
  const addresses = [publicUrl, ...SERVICE_NAMES.map((name) => addressOf(name, publicUrl))];
  return [...new Set(addresses.map((address) => new URL(address).origin))];
}
