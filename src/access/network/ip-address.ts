/**
 * An address of the internet as integers, for comparing. IPv6 that stands for IPv4 (`::ffff:10.0.0.1`; RFC 4291, section
 * 2.5.5.2) is IPv4: systems that listen on both tell IPv4 peers so.
 */
export type IpAddress =
  | { readonly version: 4; readonly bits: number } // 32 bits, signed as bitwise operators give them
  | { readonly version: 6; readonly words: Words };

/** 32 bits each, the highest first, signed as bitwise operators give them. */
export type Words = readonly [number, number, number, number];

/** The longest text of an address has 45 characters, without its zone. */
const MOST_CHARACTERS = 45;
const ZONE = /%[\w.~-]{1,64}$/;
const DECIMAL = /^(?:0|[1-9]\d{0,2})$/;
const HEXADECIMAL = /^[\da-f]{1,4}$/i;
/** Where the words of an IPv6 address say that the last of them is IPv4. */
const MAPPED = 0xffff;

/**
 * Reads `10.0.0.1`, `2001:db8::1`, `::ffff:10.0.0.1` and `fe80::1%eth0`, whose zone is dropped; null for anything else.
 * Numbers with zeros before them are refused: some programs take them as octal.
 */
export function parseIpAddress(text: string): IpAddress | null {
  if (!text.includes(":")) return parseIpv4(text);
  const address = text.replace(ZONE, "");
  return address.length > MOST_CHARACTERS ? null : parseIpv6(address);
}

function parseIpv4(text: string): IpAddress | null {
  const bits = ipv4Bits(text);
  return bits === null ? null : { version: 4, bits };
}

function ipv4Bits(text: string): number | null {
  if (text.length > 15) return null;
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let bits = 0;
  for (const part of parts) {
    if (!DECIMAL.test(part) || Number(part) > 255) return null;
    bits = (bits << 8) | Number(part);
  }
  return bits;
}

/** RFC 4291, section 2.2: groups of 16 bits, one run of them left out as `::`, the last two perhaps as IPv4. */
function parseIpv6(text: string): IpAddress | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [first = "", second] = halves;
  const before = groupsOf(first, second === undefined);
  const after = second === undefined ? [] : groupsOf(second, true);
  if (before === null || after === null) return null;
  const missing = 8 - before.length - after.length;
  if (second === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after];
  const word = (index: number) => ((groups[index * 2] ?? 0) << 16) | (groups[index * 2 + 1] ?? 0);
  return normalize([word(0), word(1), word(2), word(3)]);
}

function groupsOf(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (HEXADECIMAL.test(part)) groups.push(parseInt(part, 16));
    else {
      const bits = mayEndInIpv4 && index === parts.length - 1 ? ipv4Bits(part) : null;
      if (bits === null) return null;
      groups.push(bits >>> 16, bits & 0xffff);
    }
  }
  return groups;
}

function normalize(words: Words): IpAddress {
  if (words[0] === 0 && words[1] === 0 && words[2] === MAPPED) return { version: 4, bits: words[3] };
  return { version: 6, words };
}

/** One text for one address (RFC 5952): what is written down and counted by. */
export function formatIpAddress(address: IpAddress): string {
  if (address.version === 4) return [24, 16, 8, 0].map((shift) => (address.bits >>> shift) & 255).join(".");
  const groups = address.words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const { start, length } = longestZeros(groups);
  const hex = (from: number, to: number) => groups.slice(from, to).map((group) => group.toString(16)).join(":"); // prettier-ignore
  return length < 2 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}

/** The first of the longest runs. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
  }
  return longest;
}
