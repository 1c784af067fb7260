import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatIpAddress, parseIpAddress } from "../../../../src/access/network/ip-address.ts";
import { parseNetworks } from "../../../../src/access/network/networks.ts";

const FIXTURE = join(import.meta.dirname, "../../../fixtures/access/networks.json");
const truth = JSON.parse(readFileSync(FIXTURE, "utf8")) as {
  readonly addresses: readonly (readonly [text: string, normalized: string])[];
  readonly invalid: readonly string[];
  readonly matches: readonly (readonly [network: string, address: string, isIn: boolean])[];
};

const normalize = (text: string) => {
  const address = parseIpAddress(text);
  return address === null ? null : formatIpAddress(address);
};
const isIn = (networks: string, address: string) => parseNetworks(networks).has(parseIpAddress(address));

describe("an address", () => {
  test("is read and written as Python's ipaddress does, whichever way it is spelled", () => {
    expect(truth.addresses.length).toBeGreaterThan(250);
    for (const [text, expected] of truth.addresses) expect([text, normalize(text)]).toEqual([text, expected]);
  });

  test("is nothing else than Python's ipaddress takes", () => {
    expect(truth.invalid.length).toBeGreaterThan(35);
    for (const text of truth.invalid) expect([text, parseIpAddress(text)]).toEqual([text, null]);
  });

  test.each([
    ["::ffff:127.0.0.1", "127.0.0.1"],
    ["::FFFF:7f00:1", "127.0.0.1"],
    ["0:0:0:0:0:ffff:127.0.0.1", "127.0.0.1"],
    // Others that end in IPv4 are not mapped: these were given up, or are for translation.
    ["::127.0.0.1", "::7f00:1"],
    ["64:ff9b::127.0.0.1", "64:ff9b::7f00:1"],
    ["::ffff:0:127.0.0.1", "::ffff:0:7f00:1"],
  ])("that stands for IPv4 is IPv4: %s", (text, expected) => {
    expect(normalize(text)).toBe(expected);
  });

  test.each(["fe80::1%eth0", "fe80::1%25eth0", "fe80::1%2", "fe80::1%en-0.1"])("loses its zone: %s", (text) => {
    expect(normalize(text)).toBe("fe80::1");
  });

  test("of any length is looked at quickly", () => {
    const started = performance.now();
    for (const piece of ["1", ":", "1.", "1:", "%", "::%e", "٣"]) {
      expect(parseIpAddress(piece.repeat(1_000_000))).toBe(null);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("networks", () => {
  test("hold the addresses that Python's ipaddress finds in them", () => {
    expect(truth.matches.filter(([, , inside]) => inside).length).toBeGreaterThan(100);
    expect(truth.matches.filter(([, , inside]) => !inside).length).toBeGreaterThan(100);
    for (const [network, address, expected] of truth.matches) {
      expect([network, address, isIn(network, address)]).toEqual([network, address, expected]);
    }
  });

  test("may be written with bits behind their prefix", () => {
    expect(isIn("10.1.2.3/8", "10.200.0.1")).toBe(true);
    expect(isIn("2001:db8::1/32", "2001:db8:ffff::")).toBe(true);
  });

  test("of IPv4 hold the IPv4 that comes as IPv6, as peers of a socket for both do", () => {
    expect(isIn("127.0.0.0/8", "::ffff:127.0.0.1")).toBe(true);
    expect(isIn("10.0.0.0/8", "::ffff:a00:1")).toBe(true);
    expect(isIn("10.0.0.0/8", "::ffff:11.0.0.1")).toBe(false);
  });

  test("that are written as mapped IPv6 are of IPv4", () => {
    expect(isIn("::ffff:10.0.0.0/104", "10.9.9.9")).toBe(true);
    expect(isIn("::ffff:10.0.0.0/104", "11.0.0.1")).toBe(false);
    expect(isIn("::ffff:10.0.0.1", "10.0.0.1")).toBe(true);
    expect(isIn("::ffff:0.0.0.0/96", "203.0.113.9")).toBe(true);
  });

  test("of all IPv4 hold no IPv6, and the other way round", () => {
    expect(isIn("0.0.0.0/0", "203.0.113.9")).toBe(true);
    expect(isIn("0.0.0.0/0", "2001:db8::1")).toBe(false);
    expect(isIn("::/0", "2001:db8::1")).toBe(true);
    expect(isIn("::/0", "203.0.113.9")).toBe(false);
    expect(isIn("::/0", "::ffff:203.0.113.9")).toBe(false);
  });

  test("may be many, apart by commas", () => {
    const networks = parseNetworks("10.0.0.0/8, 192.168.1.7 ,2001:db8::/32");
    const inside = ["10.0.0.1", "192.168.1.7", "192.168.1.8", "2001:db8::1", "2001:db9::"];
    expect(inside.map((address) => networks.has(parseIpAddress(address)))).toEqual([true, true, false, true, false]);
    expect(networks.texts).toEqual(["10.0.0.0/8", "192.168.1.7", "2001:db8::/32"]);
  });

  test("do not hold an address that nobody knows, not even all of them together", () => {
    expect(parseNetworks("0.0.0.0/0,::/0").has(null)).toBe(false);
  });

  test("are none at all of an empty text", () => {
    expect(parseNetworks("")).toMatchObject({ isEmpty: true, texts: [] });
    expect(isIn("", "127.0.0.1")).toBe(false);
  });

  test.each([
    [" ", /"" is empty/],
    ["10.0.0.0/8,", /"" is empty/],
    ["10.0.0.0/8,,::1", /"" is empty/],
    ["10.0.0.0/33", /length from 0 to 32/],
    ["2001:db8::/129", /length from 0 to 128/],
    ["10.0.0.0/", /length from 0 to 32/],
    ["10.0.0.0/08", /length from 0 to 32/],
    ["10.0.0.0/-1", /length from 0 to 32/],
    ["10.0.0.0/8/8", /length from 0 to 32/],
    ["10.0.0.0/255.0.0.0", /length from 0 to 32/],
    ["::ffff:10.0.0.0/8", /its length is 96 to 128/],
    ["10.0.0", /is no address/],
    ["010.0.0.1", /read as octal/],
    ["localhost", /names are not looked up/],
    ["dsa110.example.org", /names are not looked up/],
    ["*", /0\.0\.0\.0\/0, ::\/0 are all/],
    ["any", /0\.0\.0\.0\/0, ::\/0 are all/],
    ["fe80::1%eth0/64", /zone/],
    ["10.0.0.0-10.0.0.9", /is no address/],
    ["10.0.0.0/8;192.168.0.0/16", /length from 0 to 32/],
    ["10.0.0.0/8 192.168.0.0/16", /length from 0 to 32/],
    ["[::1]", /is no address/],
    ["127.0.0.1:8080", /is no address/],
  ])("are refused, and not passed over, where one is none: %j", (text, message) => {
    expect(() => parseNetworks(text)).toThrow(message);
  });

  test("name each entry that is wrong, and no more of it than needed", () => {
    const message = () => parseNetworks(`10.0.0.0/8,10.0.0.0/64,${"x".repeat(10_000)},::1`);
    expect(message).toThrow(/"10\.0\.0\.0\/64".*"xxx/);
    expect(message).not.toThrow(/10\.0\.0\.0\/8"|::1/);
    expect(message).not.toThrow(/x{100}/);
  });
});
