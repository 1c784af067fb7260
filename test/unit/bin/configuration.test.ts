import { resolve } from "node:path";
import { expect, test } from "vitest";
import { describeConfiguration, readConfiguration } from "../../../src/bin/configuration.ts";

test("an empty environment gives the documented defaults", () => {
  expect(readConfiguration({})).toMatchObject({
    port: 8080,
    host: "127.0.0.1",
    dataDirectory: resolve("data"),
    domain: "localhost",
    publicUrl: undefined,
    archiveRoots: [],
    planeCacheBytes: 512 * 1024 * 1024,
    seekIndexCacheBytes: 256 * 1024 * 1024,
    maxTileBytes: 256 * 1024 * 1024,
    maxGzipBytes: 512 * 1024 * 1024,
  });
});

test("an empty variable asks for the default", () => {
  expect(readConfiguration({ PORT: "", RECORTE_PUBLIC_URL: "" })).toMatchObject({ port: 8080, publicUrl: undefined });
});

test("0 is a value, not the absence of one", () => {
  const configuration = readConfiguration({ RECORTE_DECODE_WORKERS: "0", RECORTE_PLANE_CACHE: "0", PORT: "0" });
  expect(configuration).toMatchObject({ decodeWorkers: 0, planeCacheBytes: 0, port: 0 });
});

test.each([
  ["1048576", 1048576],
  ["512MiB", 536870912],
  ["1.5GB", 1500000000],
  ["2 GiB", 2147483648],
])("%s is a number of bytes", (text, value) => {
  expect(readConfiguration({ RECORTE_PLANE_CACHE: text }).planeCacheBytes).toBe(value);
});

test.each(["-1", "12 parsecs", "MiB", "1e9", "0x10", "9999999999TiB"])("%j is no number of bytes", (text) => {
  expect(() => readConfiguration({ RECORTE_PLANE_CACHE: text })).toThrow("RECORTE_PLANE_CACHE");
});

test("lists are apart by commas, and folders become absolute", () => {
  const { archiveRoots } = readConfiguration({ RECORTE_ARCHIVE_ROOTS: "/archive/des, ./lsst" });
  expect(archiveRoots).toEqual(["/archive/des", resolve("lsst")]);
});

test("all problems are told at once, misspelt variables with the nearest name", () => {
  const env = {
    PORT: "http",
    RECORTE_PLANE_CASHE: "1GiB",
    RECORTE_MAX_TILE: "1",
    RECORTE_PUBLIC_URL: "cutout",
    HOME: "/x",
  };
  expect(() => readConfiguration(env)).toThrow(
    [
      "Cannot use the configuration",
      '  PORT is "http": it must be an integer from 0 to 65535',
      '  RECORTE_PUBLIC_URL is "cutout": it must be an address such as https://cutout.example.org',
      '  RECORTE_MAX_TILE is "1": it must be bytes, at least 1MiB, such as 536870912, 512MiB or 1.5GB',
      "  RECORTE_PLANE_CASHE is not a setting: did you mean RECORTE_PLANE_CACHE?",
    ].join("\n"),
  );
});

test.each(["ftp://a.org", "http://user:secret@a.org", "https://a.org/?x=1", "javascript:alert(1)"])(
  "%s is not a public address",
  (text) => {
    expect(() => readConfiguration({ RECORTE_PUBLIC_URL: text })).toThrow("RECORTE_PUBLIC_URL");
  },
);

test("one half of the S3 credentials is refused, and the secret is not shown", () => {
  const read = () => readConfiguration({ RECORTE_S3_SECRET_ACCESS_KEY: "hush" });
  expect(read).toThrow("RECORTE_S3_ACCESS_KEY_ID and RECORTE_S3_SECRET_ACCESS_KEY go together");
  expect(read).not.toThrow("hush");
});

test("the description has a line for each setting, with its default", () => {
  const text = describeConfiguration();
  expect(text).toMatch(/PORT +TCP port.*\[8080\]/);
  expect(text).toMatch(/RECORTE_PLANE_CACHE .*\[512MiB\]/);
  expect(text).toMatch(/RECORTE_PUBLIC_URL .*\[not set\]/);
  expect(
    text
      .trimEnd()
      .split("\n")
      .every((line) => line.length < 160),
  ).toBe(true);
});
