import { expect, test } from "vitest";
import { clientKeyOf } from "../../../../src/access/network/client-key.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["0:0:0:0:0:FFFF:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8::/64"],
  ["2001:db8::1:2:3:4", "2001:db8::/64"],
  ["2001::2:3:4:5:6:7", "2001:0:2:3::/64"],
  ["::1", "::/64"],
  ["fe80::1%eth0", "fe80::/64"],
  ["64:ff9b::192.0.2.7", "64:ff9b::/64"],
])("%s counts as %s", (address, key) => {
  expect(clientKeyOf(address)).toBe(key);
});

test("two networks of 64 bits are two clients", () => {
  expect(clientKeyOf("2001:db8:1:2::1")).not.toBe(clientKeyOf("2001:db8:1:3::1"));
});

test("an address that is not known is one client", () => {
  expect(clientKeyOf(null)).toBe("unknown");
});
