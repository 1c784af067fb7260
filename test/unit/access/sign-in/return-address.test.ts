import { expect, test } from "vitest";
import { returnAddress } from "../../../../src/access/sign-in/return-address.ts";

const FALLBACK = "https://auth.survey.example/account";
const ours = {
  base: "https://auth.survey.example",
  origins: ["https://auth.survey.example", "https://cutout.survey.example"],
  fallback: FALLBACK,
};

test.each([
  ["/tokens?a=b#c", "https://auth.survey.example/tokens?a=b#c"],
  ["https://cutout.survey.example/docs", "https://cutout.survey.example/docs"],
  ["https://CUTOUT.survey.example:443/docs", "https://cutout.survey.example/docs"],
  ["tokens", "https://auth.survey.example/tokens"],
])("%s is ours", (wanted, address) => {
  expect(returnAddress(wanted, ours)).toBe(address);
});

test.each([
  undefined,
  "https://evil.example",
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/\t/evil.example",
  "\n//evil.example",
  " //evil.example",
  "https:evil.example",
  "https:/evil.example",
  "https://auth.survey.example@evil.example",
  "https://evil.example\\@auth.survey.example",
  "https://user:word@auth.survey.example/",
  "https://auth.survey.example.evil.example",
  "https://evil.survey.example",
  "https://survey.example",
  "https://auth.survey.example:8443",
  "http://auth.survey.example",
  "javascript:alert(1)",
  "data:text/html,x",
  "blob:https://auth.survey.example/x",
  "ws://auth.survey.example",
  "http://[",
  `/${"a".repeat(3000)}`,
])("%j leads nowhere else", (wanted) => {
  const address = returnAddress(wanted, ours);
  expect([FALLBACK, "https://auth.survey.example/evil.example"]).toContain(address);
});
