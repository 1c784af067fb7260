import { formatIpAddress, parseIpAddress } from "./ip-address.ts";

/**
 * Who somebody is that has not signed in: the address, or of IPv6 the network of 64 bits that one customer has (RFC 6177,
 * section 2). `2001:db8:1:2::/64`. Of an address that is not known, everybody is the same.
 */
export function clientKeyOf(address: string | null): string {
  if (address === null) return "unknown";
  if (!address.includes(":")) return address;
  const parsed = parseIpAddress(address);
  if (parsed === null) return address;
  if (parsed.version === 4) return formatIpAddress(parsed);
  const [high, low] = parsed.words;
  return `${formatIpAddress({ version: 6, words: [high, low, 0, 0] })}/64`;
}
