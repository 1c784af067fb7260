import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ingestCommand } from "../../src/bin/commands/ingest.ts";

const SAMPLE = fileURLToPath(new URL("../../sample", import.meta.url));
const TABLE = [
  "tilename;rall;decll;raur;decur;archive_path",
  "DES0356-5248;58.480572;-53.176389;59.689321;-52.445833;Y6A1/r4931/DES0356-5248/p01/coadd",
  "DES0351-5248;57.299506;-53.176389;58.508255;-52.445833;Y6A1/r4931/DES0351-5248/p01/coadd",
  "DES0401-5248;59.661638;-53.176389;60.870387;-52.445833;Y6A1/r4931/DES0401-5248/p01/coadd",
].join("\n");

describe("recorte ingest", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "recorte-command-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(args: string[], { isTTY = false, signal = new AbortController().signal } = {}) {
    const stdout = capture(false);
    const stderr = capture(isTTY);
    const env = { RECORTE_DATA: join(folder, "data") };
    const code = await ingestCommand.run(args, { env, stdout, stderr, signal });
    return { code, out: stdout.text(), err: stderr.text() };
  }

  test("registers a folder, says what it did, and does it again", async () => {
    const args = ["sim_sample", join(SAMPLE, "sim")];
    expect(await run(args)).toEqual({ code: 0, out: "sim_sample: 6 added, 0 updated\n", err: "" });
    expect(await run(args)).toEqual({ code: 0, out: "sim_sample: 0 added, 6 updated\n", err: "" });
  });

  test("names the first of the missing files, and counts them all", async () => {
    const table = join(folder, "tiles.csv");
    writeFileSync(table, TABLE);
    const { code, out, err } = await run(["des_dr2", table, "--root", folder]);
    expect(code).toBe(0);
    expect(out).toBe("des_dr2: 15 added, 0 updated, 15 of them without a file\n");
    expect(err.split("\n")[0]).toBe("15 files are missing:");
    expect(err).toContain("  … and 5 more\n");
    expect(err.split("\n").filter((line) => line.includes(".fits.fz"))).toHaveLength(10);
  });

  test("fails when a line cannot be used, with file and line", async () => {
    const table = join(folder, "tiles.csv");
    writeFileSync(table, `${TABLE}\nDES0406-5248;1\u001b[31m\n`);
    const { code, out, err } = await run(["des_dr2", table, "--root", "https://archive.example/des"]);
    expect(code).toBe(1);
    expect(out).toBe("des_dr2: 15 added, 0 updated, 15 of them not looked for, 1 could not be registered\n");
    expect(err).toBe(`${table}:5: Cannot read the tile: it has 2 columns, 6 are needed\n`);
  });

  test("draws progress on a terminal only, and leaves a clean line", async () => {
    const { err } = await run(["sim_sample", join(SAMPLE, "sim")], { isTTY: true });
    expect(err).toContain("sim: 6 images");
    expect(err.endsWith("\r\u001b[K")).toBe(true);
  });

  test.each([
    [[], "Missing argument <release>"],
    [["des_dr2"], "Missing argument <path...>"],
    [["des_dr2", "x.csv", "--rot", "/a"], "--rot"],
    [["des_dr3", "x.csv"], 'Cannot find release "des_dr3"'],
  ])("%j is refused", async (args, reason) => {
    await expect(run(args)).rejects.toThrow(reason);
  });

  test("a table without --root, and one that is not there, are refused in one line", async () => {
    const table = join(folder, "tiles.csv");
    await expect(run(["des_dr2", table, "--root", folder])).rejects.toThrow(table);
    writeFileSync(table, TABLE);
    await expect(run(["des_dr2", table])).rejects.toThrow("--root");
    await expect(run(["sim_sample", table, "--root", folder])).rejects.toThrow("sim_sample has no table");
  });

  test("stops when it is interrupted", async () => {
    const stopped = run(["sim_sample", join(SAMPLE, "sim")], { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toThrow();
  });
});

function capture(isTTY: boolean) {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return Object.assign(stream, { isTTY, text: () => chunks.join("") });
}
