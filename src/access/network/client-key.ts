/**
 * Who somebody is that has not signed in: the address, or of IPv6 the network of 64 bits that one customer has (RFC 6177,
 * section 2). `2001:db8:1:2::/64`. Of an address that is not known, everybody is the same.
 */
export function clientKeyOf(address: string | null): string {
  if (address === null) return "unknown";
  if (!address.includes(":")) return address;
  const mapped = /^(?:0*:)*:?(?:0*:)*ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address);
  if (mapped !== null) return mapped[1];
  const [before = "", after] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const groups = before === "" ? [] : before.split(":");
  if (after !== undefined) {
    const last = after === "" ? [] : after.split(":");
    // An IPv4 address at the end stands for two groups.
    const missing = 8 - groups.length - last.length - (last.at(-1)?.includes(".") === true ? 1 : 0);
    groups.push(...Array.from({ length: Math.max(0, missing) }, () => "0"), ...last);
  }
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
