import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommandLine } from "../../src/bin/command-line.ts";
import { createAccessServices } from "../../src/bin/access-services.ts";
import { adviseOnSettings } from "../../src/bin/commands/_doctor-settings.ts";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { openRecords } from "../../src/bin/records.ts";
import { capturedContext } from "../unit/bin/captured-output.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "recorte-doctor-"))));
afterEach(() => rmSync(folder, { recursive: true }));

async function doctor(env: Record<string, string> = {}) {
  const { context, stdout, stderr } = capturedContext({ RECORTE_DATA: join(folder, "data"), ...env });
  const code = await runCommandLine(["doctor"], context);
  const lines = stdout().trimEnd().split("\n");
  return { code, lines, text: stdout(), stderr: stderr() };
}

async function addAdministrator(role: "admin" | "user" = "admin"): Promise<void> {
  const configuration = readConfiguration({ RECORTE_DATA: join(folder, "data") });
  const records = openRecords(configuration);
  const access = createAccessServices(configuration, records);
  await access.accounts.create({ name: "ada", role, password: "correct horse battery staple" });
  access.close();
  records.close();
}

describe("recorte doctor", () => {
  test("finds a fresh folder well, and says how to make the first administrator", async () => {
    const { code, lines } = await doctor();
    expect(lines.filter((line) => line.startsWith("WRONG"))).toEqual([]);
    expect(code).toBe(0);
    expect(lines).toContain(
      "note    accounts: 0 accounts, 0 of administrators: recorte user add NAME --role admin makes one",
    );
    expect(lines).toContain("ok      records: 0 jobs");
    expect(lines).toContain("ok      providers: no providers of sign-in");
    expect(lines).toContain("ok      permissions: nobody else may read the records");
    expect(lines.some((line) => /GiB free at /.test(line))).toBe(true);
  });

  test("finds an administrator, and no other account, enough", async () => {
    await addAdministrator("user");
    expect((await doctor()).text).toMatch(/^note {4}accounts: 1 account, 0 of administrators/m);
    const records = openRecords(readConfiguration({ RECORTE_DATA: join(folder, "data") }));
    records.sqlite.prepare("update user set role = 'admin'").run();
    records.close();
    expect((await doctor()).text).toMatch(/^ok {6}accounts: 1 account, 1 of administrators$/m);
  });

  test("finds records that others may read, and a folder that others may write to", async () => {
    await addAdministrator();
    const data = join(folder, "data");
    chmodSync(join(data, "records.sqlite"), 0o644);
    chmodSync(data, 0o777);
    const { code, text } = await doctor();
    expect(code).toBe(1);
    expect(text).toContain(`WRONG   permissions: others may read ${data}/records.sqlite: chmod 600 it`);
    expect(text).toContain(`others may write to ${data}: chmod o-w it`);
    expect(statSync(data).mode & 0o777).toBe(0o777); // it tells, and does not do it
  });

  test("notes what an older version left open to others, where they can get to it", async () => {
    const data = join(folder, "data");
    mkdirSync(join(data, "results"), { recursive: true, mode: 0o755 });
    writeFileSync(join(data, "index.sqlite"), "", { mode: 0o644 });
    chmodSync(data, 0o711);
    const { code, text } = await doctor();
    expect(code).toBe(0);
    expect(text).toContain(
      `note    permissions: nobody else may read the records; they may read ${data}/index.sqlite, ${data}/results: ` +
        "chmod -R o= closes them",
    );
    expect(statSync(join(data, "results")).mode & 0o777).toBe(0o755);
    chmodSync(data, 0o750);
    expect((await doctor()).text).toMatch(/^ok {6}permissions: nobody else may read the records$/m);
  });

  test("finds records that are none", async () => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data/records.sqlite"), "no database at all ".repeat(1000), { mode: 0o600 });
    const { code, text } = await doctor();
    expect(code).toBe(1);
    expect(text).toMatch(/^WRONG {3}records: .*records\.sqlite/m);
    expect(text).toMatch(/^ok {6}image index/m); // and looks at the rest
  });

  test("finds what is wrong with the file of providers", async () => {
    const file = join(folder, "providers.json");
    writeFileSync(file, "{");
    const broken = await doctor({ RECORTE_SIGN_IN_PROVIDERS: file });
    expect([broken.code, broken.text]).toEqual([1, expect.stringMatching(/^WRONG {3}providers: .*it is not JSON/m)]);
    const missing = await doctor({ RECORTE_SIGN_IN_PROVIDERS: join(folder, "none.json") });
    expect(missing.text).toMatch(/^WRONG {3}providers: .*ENOENT/m);
  });

  test("finds a rule about a release that there is not", async () => {
    const { code, text } = await doctor({ RECORTE_RELEASE_ACCESS: "des_dr99=public" });
    expect([code, text]).toEqual([1, expect.stringMatching(/^WRONG {3}image index: .*\n.*des_dr99/m)]);
  });

  test("tells all settings that are wrong at once, networks too", async () => {
    const { code, text } = await doctor({
      DSA110_ALLOWED_IPS: "10.0.0.0/8,nowhere",
      RECORTE_TRUSTED_PROXIES: "::1/129",
    });
    expect(code).toBe(1);
    expect(text).toMatch(/DSA110_ALLOWED_IPS is "10\.0\.0\.0\/8,nowhere": it must be networks .*"nowhere"/);
    expect(text).toMatch(/RECORTE_TRUSTED_PROXIES is "::1\/129"/);
  });
});

describe("settings that are valid each", () => {
  const PUBLIC = {
    RECORTE_DOMAIN: "sky.example.org",
    RECORTE_PUBLIC_URL: "https://cutout.sky.example.org",
    RECORTE_AUTH_URL: "https://auth.sky.example.org",
  };
  const adviceOn = (env: Record<string, string>, hasProviders = false) =>
    adviseOnSettings(readConfiguration(env), { hasProviders }).map(({ isWrong, text }) => `${isWrong ? "WRONG" : "note"} ${text}`); // prettier-ignore

  test("are well together as they come, and as a public service has them", () => {
    expect(adviceOn({})).toEqual([]);
    expect(adviceOn(PUBLIC)).toEqual([]);
    expect(adviceOn({ ...PUBLIC, HOST: "0.0.0.0", RECORTE_LOCAL_ACCOUNTS: "0" }, true)).toEqual([]);
  });

  test.each([
    [{ ...PUBLIC, RECORTE_DOMAIN: "example.com" }, /^WRONG RECORTE_PUBLIC_URL is not below RECORTE_DOMAIN/],
    [{ ...PUBLIC, RECORTE_DOMAIN: "ample.org" }, /^WRONG RECORTE_PUBLIC_URL is not below RECORTE_DOMAIN/],
    [{ ...PUBLIC, RECORTE_AUTH_URL: "http://auth.sky.example.org" }, /^WRONG .* are not both https/],
    [{ RECORTE_DOMAIN: "sky.example.org" }, /^note RECORTE_PUBLIC_URL, RECORTE_AUTH_URL not set/],
    [{ RECORTE_SERVICES: "cutout" }, /^note RECORTE_AUTH_URL is not set, and the auth service runs elsewhere/],
    [{ RECORTE_TRUSTED_PROXIES: "0.0.0.0/0" }, /^WRONG RECORTE_TRUSTED_PROXIES holds all of the internet/],
    [{ RECORTE_TRUSTED_PROXIES: "127.0.0.1,::/0" }, /^WRONG RECORTE_TRUSTED_PROXIES holds all of the internet/],
    [{ RECORTE_METRICS_ALLOWED_IPS: "0.0.0.0/0" }, /^note RECORTE_METRICS_ALLOWED_IPS/],
    [{ HOST: "0.0.0.0" }, /^note HOST is 0\.0\.0\.0 and RECORTE_AUTH_URL is not https/],
    [{ RECORTE_LOCAL_ACCOUNTS: "0" }, /^note .*nobody can sign in$/],
    [
      { RECORTE_LOCAL_ACCOUNTS: "0", RECORTE_ANONYMOUS: "0" },
      /^WRONG .*nobody can sign in, and RECORTE_ANONYMOUS is 0/,
    ],
    [{ ...PUBLIC, HOST: "::", RECORTE_TEST_TOKEN: "test-token-0123456789" }, /^note RECORTE_TEST_TOKEN/],
  ])("may say what does not go together: %o", (env, expected) => {
    expect(adviceOn(env)).toContainEqual(expect.stringMatching(expected));
  });
});
