import { expect, test } from "vitest";
import type { Command } from "../../../src/bin/command.ts";
import { parseArguments } from "../../../src/bin/command.ts";
import { runCommandLine } from "../../../src/bin/command-line.ts";
import { describeError } from "../../../src/bin/describe-error.ts";
import { ServiceError } from "../../../src/errors.ts";
import { capturedContext } from "./captured-output.ts";

const commandThat = (run: Command["run"]) => ({
  cut: () => Promise.resolve({ command: { name: "cut", summary: "Cuts", help: "Usage: recorte cut", run } }),
});

test("an unknown command is answered with the nearest one and exit code 2", async () => {
  const { context, stderr, stdout } = capturedContext();
  const code = await runCommandLine(
    ["ctu"],
    context,
    commandThat(() => Promise.resolve(0)),
  );
  expect(code).toBe(2);
  expect(stderr()).toBe('recorte: unknown command "ctu": did you mean "cut"?\n');
  expect(stdout()).toBe("");
});

test("names of Object.prototype are not commands", async () => {
  const { context, stderr } = capturedContext();
  expect(await runCommandLine(["constructor"], context, {})).toBe(2);
  expect(stderr()).toContain('unknown command "constructor"');
});

test("--help of a command prints its help and does not run it", async () => {
  const { context, stdout } = capturedContext();
  const commands = commandThat(() => Promise.reject(new Error("ran")));
  expect(await runCommandLine(["cut", "x.fits", "--help"], context, commands)).toBe(0);
  expect(stdout()).toBe("Usage: recorte cut\n");
});

test("--help after -- is an argument", async () => {
  const { context } = capturedContext();
  const commands = commandThat((args) => Promise.resolve(args.length));
  expect(await runCommandLine(["cut", "--", "--help"], context, commands)).toBe(2);
});

test("the list of commands survives one that does not load", async () => {
  const { context, stdout } = capturedContext();
  const commands = {
    ...commandThat(() => Promise.resolve(0)),
    serve: () => Promise.reject(new Error("no native module")),
  };
  expect(await runCommandLine(["--help"], context, commands)).toBe(0);
  expect(stdout()).toMatch(/cut +Cuts\n/);
  expect(stdout()).toMatch(/serve +\(cannot be loaded: no native module\)\n/);
});

test("a failure is one line that names its cause, without a stack", async () => {
  const { context, stderr } = capturedContext();
  const cause = new Error("ENOENT: no such file");
  const commands = commandThat(() => Promise.reject(new ServiceError("missing-file", "Cannot open a.fits", { cause })));
  expect(await runCommandLine(["cut"], context, commands)).toBe(1);
  expect(stderr()).toBe("recorte cut: Cannot open a.fits: ENOENT: no such file\n");
});

test("RECORTE_DEBUG adds the stacks", async () => {
  const { context, stderr } = capturedContext({ RECORTE_DEBUG: "1" });
  await runCommandLine(
    ["cut"],
    context,
    commandThat(() => Promise.reject(new Error("x"))),
  );
  expect(stderr()).toContain("command-line.test.ts");
});

test("a usage error exits with 2 and points to the help", async () => {
  const { context, stderr } = capturedContext();
  const commands = commandThat((args) => {
    parseArguments(args, { options: { hdu: { type: "string" } }, positionals: ["file"] });
    return Promise.resolve(0);
  });
  expect(await runCommandLine(["cut", "--hud", "1"], context, commands)).toBe(2);
  expect(stderr()).toBe("recorte cut: Unknown option '--hud' (see `recorte cut --help`)\n");
});

test("an interrupted command says nothing and exits with 130", async () => {
  const { context, stderr, stop } = capturedContext();
  const commands = commandThat(() => {
    stop.abort();
    return Promise.reject(new Error("aborted"));
  });
  expect(await runCommandLine(["cut"], context, commands)).toBe(130);
  expect(stderr()).toBe("");
});

test("escape sequences of a file name do not reach the terminal", () => {
  expect(describeError(new Error("Cannot open \u001b[2J\nx"))).toBe("Cannot open  [2J x");
});

test.each([
  [[], "Missing argument <release>"],
  [["des_dr2"], "Missing argument <path...>"],
])("%j lacks an argument", (args, message) => {
  expect(() => parseArguments(args, { positionals: ["release", "path..."] })).toThrow(message);
});

test("the last positional with dots takes all that remain, and a further one is refused without them", () => {
  expect(parseArguments(["r", "a", "b"], { positionals: ["release", "path..."] }).positionals).toEqual(["r", "a", "b"]);
  expect(() => parseArguments(["a", "b"], { positionals: ["file"] })).toThrow('Unexpected argument "b"');
  expect(parseArguments([], { positionals: ["file?"] }).positionals).toEqual([]);
});
