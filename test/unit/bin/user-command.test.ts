import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LIMIT_NAMES } from "../../../src/access/limits/limit-values.ts";
import { createAccessServices } from "../../../src/bin/access-services.ts";
import { runCommandLine } from "../../../src/bin/command-line.ts";
import type { InputStream } from "../../../src/bin/command.ts";
import { readConfiguration } from "../../../src/bin/configuration.ts";
import { openRecords } from "../../../src/bin/records.ts";
import { capturedContext } from "./captured-output.ts";

const PASSWORD = "a horse, and a battery";

let env: Record<string, string>;
beforeEach(async () => {
  env = { RECORTE_DATA: await mkdtemp(join(tmpdir(), "recorte-user-")), RECORTE_LOG: "none" };
});
afterEach(() => rm(env["RECORTE_DATA"] ?? "", { recursive: true }));

async function run(args: readonly string[], stdin: InputStream = Readable.from([])) {
  const { context, stdout, stderr } = capturedContext(env);
  const code = await runCommandLine(args, { ...context, stdin });
  return { code, stdout: stdout(), stderr: stderr() };
}

async function runJson(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await run([...args, "--json"]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

/** What a server has that runs over the same folder. */
async function withServices<T>(use: (services: ReturnType<typeof createAccessServices>) => Promise<T>): Promise<T> {
  const configuration = readConfiguration(env);
  const records = openRecords(configuration);
  const services = createAccessServices(configuration, records);
  try {
    return await use(services);
  } finally {
    services.close();
    records.close();
  }
}

const checkPassword = (name: string, password: string) =>
  withServices(({ accounts }) => accounts.checkPassword(name, password));

const audited = () => withServices(({ audit }) => audit.list({ last: 100 }));

test("a user is added with a password from standard input, and signs in with it", async () => {
  const result = await run(
    ["user", "add", "Ana", "--role", "admin", "--password-stdin"],
    Readable.from([`${PASSWORD}\r\n`]),
  );
  expect(result).toEqual({ code: 0, stdout: "Made the account ana (admin)\n", stderr: "" });
  expect(await checkPassword("ana", PASSWORD)).toMatchObject({ user: { name: "ana", role: "admin" } });
  expect(await checkPassword("ana", `${PASSWORD} `)).toBeNull();
});

test("a password is asked for twice on a terminal, and not shown", async () => {
  const terminal = new PassThrough();
  const modes: boolean[] = [];
  const stdin = Object.assign(terminal, { isTTY: true, setRawMode: (mode: boolean) => void modes.push(mode) });
  const { context, stdout, stderr } = capturedContext(env);
  const running = runCommandLine(["user", "add", "ana"], { ...context, stdin });
  await expect.poll(stderr).toBe("Password: ");
  terminal.write(`${PASSWORD}x\u007f\r`);
  await expect.poll(stderr).toBe("Password: \nThe same again: ");
  terminal.write(`${PASSWORD}\r`);
  expect(await running).toBe(0);
  expect(stdout() + stderr()).not.toContain("horse");
  expect(modes).toEqual([true, false, true, false]);
  expect(await checkPassword("ana", PASSWORD)).not.toBeNull();
});

test("two passwords that differ make no account", async () => {
  const terminal = new PassThrough();
  const stdin = Object.assign(terminal, { isTTY: true, setRawMode: () => undefined });
  const { context, stderr } = capturedContext(env);
  const running = runCommandLine(["user", "add", "ana"], { ...context, stdin });
  await expect.poll(stderr).toContain("Password: ");
  terminal.write("one of them\r");
  await expect.poll(stderr).toContain("again: ");
  terminal.write("the other one\r");
  expect(await running).toBe(2);
  expect(await runJson("user", "list")).toEqual([]);
});

test("what is set is shown, and what is not stays", async () => {
  await run([
    "user",
    "add",
    "ana",
    "--no-password",
    "--email",
    "ana@example.org",
    "--group",
    "des",
    "--group",
    "staff",
  ]);
  const limits = ["--limit", "storedBytes=2TB", "--limit", "streams=none", "--limit", "syncSeconds=2.5"];
  expect((await run(["user", "set", "ana", "--role", "priority", "--no-group", "des", ...limits])).code).toBe(0);
  expect(await runJson("user", "show", "ana")).toMatchObject({
    ...{ name: "ana", role: "priority", email: "ana@example.org", hasPassword: false, disabledAt: null },
    groups: [{ name: "staff", source: "local" }],
    limits: { storedBytes: 2e12, streams: null, syncSeconds: 2.5 },
  });
  await run(["user", "set", "ana", "--limit", "storedBytes=role", "--full-name", "Ana Souza", "--disable"]);
  expect(await runJson("user", "show", "ana")).toMatchObject({
    ...{ fullName: "Ana Souza", limits: { streams: null, syncSeconds: 2.5 }, role: "priority" },
    disabledAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
  });
  const { stdout } = await run(["user", "show", "ana"]);
  expect(stdout).toMatch(/^limits +streams=none, syncSeconds=2.5$/m);
  expect(stdout).toMatch(/^state +closed since \d{4}-/m);
});

test("all users are listed in order of their names, or those that are searched", async () => {
  for (const name of ["zoe", "ana", "bob"]) await run(["user", "add", name, "--no-password"]);
  expect(await runJson("user", "list")).toMatchObject([{ name: "ana" }, { name: "bob" }, { name: "zoe" }]);
  expect(await runJson("user", "list", "--search", "O")).toMatchObject([{ name: "bob" }, { name: "zoe" }]);
  expect((await run(["user", "list"])).stdout).toMatch(/^NAME +ROLE .*\nana +user +- +- +open +-\n/);
});

test("a removed user is gone", async () => {
  await run(["user", "add", "ana", "--no-password"]);
  expect((await run(["user", "remove", "ana"])).stdout).toBe("Removed the account ana\n");
  expect((await run(["user", "show", "ana"])).code).toBe(1);
});

test("all that is done is written down, and no password is", async () => {
  await run(["user", "add", "ana", "--password-stdin"], Readable.from([PASSWORD]));
  await run(["user", "set", "ana", "--role", "admin", "--limit", "streams=role"]);
  await run(["user", "set", "ana", "--password-stdin"], Readable.from([`${PASSWORD}!`]));
  await run(["user", "remove", "ana"]);
  await run(["user", "remove", "ana"]);
  const entries = await audited();
  expect(entries.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
    ...["user-removed ana", "password-changed ana", "user-changed ana", "user-added ana"],
  ]);
  expect(entries[2]?.detail).toMatchObject({ role: "admin", limits: { streams: "role" } });
  expect(entries[0]).toMatchObject({ actor: null, actorName: expect.stringContaining("command line") as string });
  expect(JSON.stringify(entries)).not.toMatch(/horse|argon2/);
});

test.each([
  [["user"], 2, "Missing argument <action>"],
  [["user", "frob", "ana"], 2, 'Unknown action "frob"'],
  [["user", "constructor", "ana"], 2, 'Unknown action "constructor"'],
  [["user", "show"], 2, "Missing argument <name>"],
  [["user", "show", "ana"], 1, 'Cannot find a user "ana"'],
  [["user", "show", "ana", "--role", "admin"], 2, 'Cannot use --role with "user show"'],
  [["user", "add", "a b", "--no-password"], 2, 'Cannot use the name "a b"'],
  [["user", "add", "anonymous", "--no-password"], 2, "kept for the service"],
  [["user", "add", "bob", "--no-password", "--role", "king"], 2, 'Cannot use the role "king"'],
  [["user", "add", "bob", "--no-password", "--limit", "pixels=1"], 2, 'Cannot set the limit "pixels"'],
  [["user", "add", "bob", "--no-password", "--limit", "streams=-1"], 2, "Cannot set the limit streams"],
  [["user", "add", "bob", "--no-password", "--password"], 2, "both --password and --no-password"],
  [["user", "add", "bob"], 2, "there is no terminal"],
  [["user", "add", "bob", "--password-stdin"], 2, "there is none on standard input"],
  [["user", "set", "bob"], 1, 'Cannot find a user "bob"'],
])("recorte %j ends with one line, and does nothing", async (args, code, message) => {
  const result = await run(args);
  expect(result.stderr).toContain(message);
  expect(result.code).toBe(code);
  expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
  expect(await runJson("user", "list")).toEqual([]);
});

test.each(["short", "1234567890", "password123", "ana@example.org", "aaaaaaaaaaaa"])(
  'the password "%s" is refused',
  async (password) => {
    const result = await run(["user", "add", "ana@example.org", "--password-stdin"], Readable.from([`${password}\n`]));
    expect(result.code).toBe(2);
    expect(result.stderr).toContain("Cannot use this password");
  },
);

test("where the service has no passwords, none is set", async () => {
  env["RECORTE_LOCAL_ACCOUNTS"] = "0";
  const result = await run(["user", "add", "ana", "--password-stdin"], Readable.from([PASSWORD]));
  expect(result.stderr).toContain("this service has none");
  expect((await run(["user", "add", "ana", "--no-password"])).code).toBe(0);
});

test("a token is printed once, lets its user in, and is revoked by its first characters", async () => {
  await run(["user", "add", "ana", "--no-password"]);
  const { code, stdout, stderr } = await run(["token", "create", "ana", "--name", "laptop", "--days", "30"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^rct_[a-z2-7]{40}\n$/);
  expect(stderr).toMatch(/^A token of ana \(read, jobs\) until \d{4}-/);
  const secret = stdout.trim();
  const find = () => withServices(({ tokens }) => tokens.find(secret));
  expect(await find()).toMatchObject({ user: { name: "ana" }, token: { scopes: ["read", "jobs"] } });
  const list = await run(["token", "list", "ana"]);
  expect(list.stdout).toContain(`${secret.slice(0, 12)}  laptop  read,jobs`);
  expect(list.stdout).not.toContain(secret);
  expect((await run(["token", "revoke", "ana", secret.slice(0, 12)])).code).toBe(0);
  expect(await find()).toBeNull();
  expect(await runJson("token", "list", "ana")).toMatchObject([{ state: "revoked", name: "laptop" }]);
  const entries = await audited();
  expect(entries.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
    ...["token-revoked laptop", "token-created laptop", "user-added ana"],
  ]);
  expect(JSON.stringify(entries)).not.toContain(secret.slice(12));
});

test("the command line gives a service the scope to act for others, and nobody the one of administrators", async () => {
  await run(["user", "add", "portal", "--no-password"]);
  expect((await run(["token", "create", "portal", "--name", "x", "--scope", "act-for"])).code).toBe(0);
  const refused = await run(["token", "create", "portal", "--name", "x", "--scope", "admin"]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("no administrator") as string });
});

test.each([
  [["token", "create", "ana"], 2, "Missing option --name"],
  [["token", "create", "ana", "--name", "x", "--days", "0"], 2, 'Cannot use --days "0"'],
  [["token", "create", "ana", "--name", "x", "--days", "366"], 2, "within 365 days"],
  [["token", "create", "ana", "--name", "x", "--scope", "all"], 2, 'with scope "all"'],
  [["token", "create", "bob", "--name", "x"], 1, 'Cannot find a user "bob"'],
  [["token", "revoke", "ana"], 2, "Missing argument <token>"],
  [["token", "revoke", "ana", "rct_aaaaaaaa"], 1, "Cannot find a token"],
  [["token", "list"], 2, "Missing argument <user>"],
  [["token", "list", "ana", "--days", "3"], 2, "Cannot use --name, --scope or --days"],
  [["token", "smash", "ana"], 2, 'Unknown action "smash"'],
])("recorte %j ends with one line", async (args, code, message) => {
  await run(["user", "add", "ana", "--no-password"]);
  const result = await run(args);
  expect(result.stderr).toContain(message);
  expect(result.code).toBe(code);
  expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a closed account gets no token", async () => {
  await run(["user", "add", "ana", "--no-password"]);
  await run(["user", "set", "ana", "--disable"]);
  expect((await run(["token", "create", "ana", "--name", "x"])).stderr).toContain("the account is closed");
});

test("the help of user names the limits that --limit takes", async () => {
  const { stdout } = await run(["user", "--help"]);
  for (const name of LIMIT_NAMES) expect(stdout).toMatch(new RegExp(`^  ${name} `, "m"));
});

test.each(["user", "token"])("%s has help with its usage", async (name) => {
  const { code, stdout } = await run([name, "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^Usage: recorte ${name}\\b`));
});
