import { expect, test } from "vitest";
import { formatPublisherDid, parsePublisherDid } from "../../../src/surveys/publisher-did.ts";

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
