import { parseIpAddress, type IpAddress, type Words } from "./ip-address.ts";

/** Addresses that something is open to. */
export type Networks = {
  /** null: an address that nobody knows, which is in no network. */
  has(address: IpAddress | null): boolean;
  readonly isEmpty: boolean;
  /** As they were written. */
  readonly texts: readonly string[];
};

/** The address's bits under the mask are those of the network. */
type Network =
  | { readonly version: 4; readonly bits: number; readonly mask: number }
  | { readonly version: 6; readonly words: Words; readonly mask: Words };

/**
 * Reads networks apart by commas: `10.0.0.0/8, 192.168.1.7, 2001:db8::/32`. Bits behind the prefix are allowed, and count
 * for nothing. A network of IPv4 written as IPv6 (`::ffff:10.0.0.0/104`) is one of IPv4; `::/0` has no IPv4 in it. An Error
 * names every entry that is none: to pass over one would open or close something that nobody meant to.
 */
export function parseNetworks(text: string): Networks {
  const texts = text === "" ? [] : text.split(",").map((entry) => entry.trim());
  const problems: string[] = [];
  const networks: Network[] = [];
  for (const entry of texts) {
    const network = parseNetwork(entry);
    if (typeof network === "string") problems.push(`${JSON.stringify(entry.slice(0, 60))} ${network}`);
    else networks.push(network);
  }
  if (problems.length > 0) {
    throw new Error(`it must be networks such as 10.0.0.0/8 or 2001:db8::/32 apart by commas; ${problems.join("; ")}`);
  }
  return createNetworks(networks, texts);
}

/** What is wrong with the text, where it is none. */
function parseNetwork(text: string): Network | string {
  const [given = "", prefix, ...rest] = text.split("/");
  if (text === "") return "is empty";
  if (/^(?:\*|all|any)$/i.test(text)) return "is none: 0.0.0.0/0, ::/0 are all of them";
  if (given.includes("%")) return "has a zone: leave it out, as addresses are compared without it";
  const address = parseIpAddress(given);
  if (address === null) return `is none: ${JSON.stringify(given.slice(0, 60))} is no address${hintOf(given)}`;
  const isIpv6Text = given.includes(":");
  const most = isIpv6Text ? 128 : 32;
  if (rest.length > 0 || (prefix !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(prefix))) {
    return `needs a length from 0 to ${most} after the slash`;
  }
  const length = prefix === undefined ? most : Number(prefix);
  if (length > most) return `needs a length from 0 to ${most} after the slash`;
  if (address.version === 6) {
    const mask = [0, 1, 2, 3].map((word) => maskOf(length - word * 32));
    return { version: 6, words: and(address.words, mask as unknown as Words), mask: mask as unknown as Words };
  }
  const ipv4Length = isIpv6Text ? length - MAPPED_BITS : length;
  if (ipv4Length < 0) return `reaches beyond the addresses that stand for IPv4: its length is 96 to 128`;
  const mask = maskOf(ipv4Length);
  return { version: 4, bits: address.bits & mask, mask };
}

/** Of `::ffff:0:0/96`. */
const MAPPED_BITS = 96;

function hintOf(text: string): string {
  if (/(?:^|\.)0\d/.test(text)) return " (zeros before a number are read as octal by some)";
  if (/^[\da-f:.]+$/i.test(text) || !/[a-z]/i.test(text)) return "";
  return " (names are not looked up)";
}

/** So many ones at the left of 32 bits. */
function maskOf(length: number): number {
  if (length <= 0) return 0;
  return length >= 32 ? -1 : -1 << (32 - length);
}

function and(a: Words, b: Words): Words {
  return [a[0] & b[0], a[1] & b[1], a[2] & b[2], a[3] & b[3]];
}

function createNetworks(networks: readonly Network[], texts: readonly string[]): Networks {
  const ipv4 = networks.filter((network) => network.version === 4);
  const ipv6 = networks.filter((network) => network.version === 6);
  return {
    has(address) {
      if (address === null) return false;
      if (address.version === 4) return ipv4.some(({ bits, mask }) => (address.bits & mask) === bits);
      const [a, b, c, d] = address.words;
      return ipv6.some(
        ({ words, mask }) =>
          (a & mask[0]) === words[0] &&
          (b & mask[1]) === words[1] &&
          (c & mask[2]) === words[2] &&
          (d & mask[3]) === words[3],
      );
    },
    isEmpty: networks.length === 0,
    texts,
  };
}

export const NO_NETWORKS = parseNetworks("");
