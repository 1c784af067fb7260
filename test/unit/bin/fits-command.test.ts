import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommandLine } from "../../../src/bin/command-line.ts";
import { capturedContext } from "./captured-output.ts";

const PACKED = join(import.meta.dirname, "../../../sample/des/DESJ035621.6-524840.0_g.fits.fz");

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "recorte-fits-"))));
afterEach(() => rm(folder, { recursive: true }));

async function run(...args: string[]) {
  const { context, stdout, stderr } = capturedContext({ RECORTE_DATA: join(folder, "data") });
  const code = await runCommandLine(args, context);
  return { code, stdout: stdout(), stderr: stderr() };
}

test("the HDUs of a packed DES image are listed with what they hold", async () => {
  const { code, stdout } = await run("fits", PACKED);
  expect(code).toBe(0);
  // As fpack 1.7.0 -listed them when the file was packed.
  expect(stdout).toMatch(/^HDU +NAME/);
  expect(stdout).toMatch(
    /^1 +SCI +compressed image +228 × 228 float32 +RICE_1, tiles of 228 × 1, subtractive dither 2/m,
  );
  expect(stdout).toMatch(/^2 +MSK +compressed image +228 × 228 int32 +PLIO_1/m);
});

test("--header prints the cards of the HDU that is named", async () => {
  const { code, stdout } = await run("fits", PACKED, "--hdu", "MSK", "--header");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ZCMPTYPE= 'PLIO_1/m);
  expect(stdout).toMatch(/^EXTNAME = 'MSK/m);
  expect(stdout).not.toMatch(/'RICE/);
});

test("--check finds one changed bit, and says in which HDU", async () => {
  expect((await run("fits", PACKED, "--check")).code).toBe(0);
  const bytes = await readFile(PACKED);
  const last = bytes.length - 2880; // the last block holds the end of the weights' heap
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  const changed = join(folder, "changed.fits.fz");
  await writeFile(changed, bytes);
  const { code, stdout } = await run("fits", changed, "--check");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^HDU 1 SCI: CHECKSUM ok, DATASUM ok$/m);
  expect(stdout).toMatch(/^HDU 3 WGT: CHECKSUM wrong, DATASUM wrong$/m);
});

test.each([
  [["/no/such.fits"], 1, "Cannot open /no/such.fits: there is no such file"],
  [[PACKED, "--hdu", "9"], 1, 'Cannot find HDU "9"'],
  [[import.meta.filename], 1, "it needs SIMPLE"],
  [[PACKED, "--header", "--check"], 2, "both --header and --check"],
  [[], 2, "Missing argument <file>"],
])("recorte fits %j ends with one line", async (args, code, message) => {
  const result = await run("fits", ...args);
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(message);
  expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("the doctor names what is wrong and goes on", async () => {
  const { context, stdout } = capturedContext({
    RECORTE_DATA: join(folder, "data"),
    RECORTE_ARCHIVE_ROOTS: join(folder, "nowhere"),
  });
  expect(await runCommandLine(["doctor"], context)).toBe(1);
  expect(stdout()).toMatch(/^ok +Node: /m);
  expect(stdout()).toMatch(/^ok +image index: no images yet/m);
  expect(stdout()).toMatch(/^WRONG +archive: .*nowhere/m);
});

test("the doctor shows every problem of the configuration", async () => {
  const { context, stdout } = capturedContext({ PORT: "x", RECORTE_FOO: "1" });
  expect(await runCommandLine(["doctor"], context)).toBe(1);
  expect(stdout()).toMatch(/^WRONG +configuration: Cannot use the configuration\n {2}PORT is "x".*\n {2}RECORTE_FOO/m);
});

test("migrate may be run twice", async () => {
  expect((await run("migrate")).stdout).toMatch(/index\.sqlite is up to date/);
  expect((await run("migrate")).code).toBe(0);
});

test.each(["serve", "cut", "index", "ingest", "fits", "migrate", "doctor"])(
  "%s has help with its usage",
  async (name) => {
    const { code, stdout } = await run(name, "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Usage: recorte ${name}\\b`));
  },
);
