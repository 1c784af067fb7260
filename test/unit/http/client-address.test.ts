import { describe, expect, test } from "vitest";
import { parseNetworks } from "../../../src/access/network/networks.ts";
import { createClientReader } from "../../../src/http/client-address.ts";

const TRUSTED = "127.0.0.0/8,::1,10.0.0.5";

function clientOf(peer: string | undefined, forwardedFor?: string, trusted = TRUSTED) {
  const connection = peer === undefined ? {} : { incoming: { socket: { remoteAddress: peer } } };
  const { text, ip } = createClientReader(parseNetworks(trusted))(connection, () => forwardedFor);
  return { text, isKnown: ip !== null };
}
const known = (text: string) => ({ text, isKnown: true });

describe("the client of a request", () => {
  test("is the peer, where that is no proxy of ours, whatever it says", () => {
    expect(clientOf("203.0.113.9")).toEqual(known("203.0.113.9"));
    expect(clientOf("203.0.113.9", "127.0.0.1")).toEqual(known("203.0.113.9"));
    expect(clientOf("10.0.0.6", "127.0.0.1")).toEqual(known("10.0.0.6"));
    expect(clientOf("127.0.0.1", "10.1.1.1", "")).toEqual(known("127.0.0.1"));
  });

  test("is the peer, where a proxy of ours speaks for itself", () => {
    expect(clientOf("127.0.0.1")).toEqual(known("127.0.0.1"));
  });

  test("is the last hop that is no proxy of ours", () => {
    expect(clientOf("127.0.0.1", "203.0.113.9")).toEqual(known("203.0.113.9"));
    expect(clientOf("127.0.0.1", "203.0.113.9, 10.0.0.5")).toEqual(known("203.0.113.9"));
    expect(clientOf("127.0.0.1", "203.0.113.9,10.0.0.5 ,  127.0.0.2")).toEqual(known("203.0.113.9"));
  });

  test("is not what the client itself wrote before its proxy did", () => {
    expect(clientOf("127.0.0.1", "127.0.0.1, 203.0.113.9")).toEqual(known("203.0.113.9"));
    expect(clientOf("127.0.0.1", "10.0.0.5, 192.168.0.1, 203.0.113.9, 10.0.0.5")).toEqual(known("203.0.113.9"));
    expect(clientOf("127.0.0.1", "garbage<script>, 203.0.113.9")).toEqual(known("203.0.113.9"));
  });

  test("is the first of the proxies, where all hops are ours", () => {
    expect(clientOf("127.0.0.1", "10.0.0.5, 127.0.0.1")).toEqual(known("10.0.0.5"));
  });

  test("comes as IPv4 where it is IPv4, and is written in one way", () => {
    expect(clientOf("::ffff:203.0.113.9")).toEqual(known("203.0.113.9"));
    expect(clientOf("::ffff:127.0.0.1", "::ffff:203.0.113.9")).toEqual(known("203.0.113.9"));
    expect(clientOf("::1", "2001:DB8:0:0:0:0:0:9")).toEqual(known("2001:db8::9"));
    expect(clientOf("fe80::1%eth0")).toEqual(known("fe80::1"));
  });

  test.each(["203.0.113.9:4711", "[2001:db8::9]:443", "[2001:db8::9]", "  203.0.113.9\t", "[fe80::9%eth0]:1"])(
    "may have a port, brackets and blanks: %j",
    (hop) => {
      expect(clientOf("127.0.0.1", hop).isKnown).toBe(true);
      expect(clientOf("127.0.0.1", `10.1.1.1, ${hop}`).text).toMatch(/9$/);
    },
  );

  test.each([
    "unknown",
    "_hidden",
    "_SEVKISEK:12",
    "for=203.0.113.9",
    '"203.0.113.9"',
    "client.example.org",
    "203.0.113",
    "203.0.113.999",
    "0xcb007109",
    "3405803785",
    "[203.0.113.9]",
    "203.0.113.9:",
    "203.0.113.9:123456",
    "203.0.113.9;10.0.0.1",
    "203.0.113.9 10.0.0.1",
    "[::1",
    "::1]",
    "",
    " ",
    "203.0.113.9,",
    "x".repeat(16_000),
    "%00",
    "127.0.0.1\u0000",
  ])("is nobody known where the proxy names none: %j", (hop) => {
    // Counted as the proxy's, and let in nowhere: the proxy's own address would open too much.
    expect(clientOf("127.0.0.1", hop)).toEqual({ text: "127.0.0.1", isKnown: false });
    expect(clientOf("127.0.0.1", `127.0.0.3, ${hop}`)).toEqual({ text: "127.0.0.1", isKnown: false });
    expect(clientOf("127.0.0.1", `${hop}, 10.0.0.5`)).toEqual({ text: "10.0.0.5", isKnown: false });
  });

  test("is nobody known behind more proxies than there can be", () => {
    expect(clientOf("127.0.0.1", `203.0.113.9${", 10.0.0.5".repeat(30)}`)).toEqual(known("203.0.113.9"));
    expect(clientOf("127.0.0.1", `203.0.113.9${", 10.0.0.5".repeat(10_000)}`).isKnown).toBe(false);
  });

  test("is found quickly among ten thousand hops", () => {
    const hops = `${"198.51.100.1, ".repeat(10_000)}203.0.113.9`;
    const read = createClientReader(parseNetworks(TRUSTED));
    const connection = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };
    const started = performance.now();
    for (let i = 0; i < 1000; i++) expect(read(connection, () => hops).text).toBe("203.0.113.9");
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("is nobody where there is no network", () => {
    expect(clientOf(undefined, "127.0.0.1")).toEqual({ text: null, isKnown: false });
  });

  test("is told for ever more peers without keeping them all", () => {
    const read = createClientReader(parseNetworks(TRUSTED));
    for (let i = 0; i < 10_000; i++) {
      const text = `203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
      expect(read({ incoming: { socket: { remoteAddress: text } } }, () => undefined).text).toBe(text);
    }
  });
});
