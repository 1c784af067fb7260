import { expect, test } from "vitest";
import { formatPublisherDid, parsePublisherDid, releaseOfDid } from "../../../src/surveys/publisher-did.ts";

test("a DID parses to what it was formatted from, whatever the key holds", () => {
  for (const key of ["DES0219-1041/g", "DES0028+0209/Y", "2025-10-02T05:30:07/I?x#y", ""]) {
    const did = formatPublisherDid("example.org", { release: "des_dr2", key });
    expect(did).toBe(`ivo://example.org/des_dr2?${key}`);
    expect(parsePublisherDid("example.org", did)).toEqual({ release: "des_dr2", key });
  }
});

test("a DID of another authority, or no DID, is none of ours", () => {
  for (const did of [
    "ivo://example.com/des_dr2?a",
    "ivo://example.org.evil/des_dr2?a",
    "IVO://example.org/r?a",
    "des_dr2",
  ]) {
    expect(parsePublisherDid("example.org", did)).toBeNull();
  }
  expect(parsePublisherDid("example.org", "ivo://example.org/des_dr2")).toBeNull();
});

test("the release of a DID is the one that it would be looked for in, of whatever authority", () => {
  for (const did of ["ivo://a.org/des_dr2?k", "ivo://a.org/des/dr2?k?x/y", "ivo://a.org/r#1?k", "ivo://a.org/r?"]) {
    expect(releaseOfDid(did)).toBe(parsePublisherDid("a.org", did)?.release);
  }
  expect(releaseOfDid("ivo://somebody.else/des_dr2?k")).toBe("des_dr2");
  for (const none of ["des_dr2", "ivo://a.org/des_dr2", "ivo://a.org/?k", "ivo:b?c"])
    expect(releaseOfDid(none)).toBeNull();
});
