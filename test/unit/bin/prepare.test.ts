import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

// A package of its own with compilers that only count their calls.
let root: string;

const LOCK = JSON.stringify({ packages: { "": {}, "node_modules/a": { version: "1.0.0" } } });
const COMPILER = (output: string) =>
  `import fs from "node:fs"; const at = process.argv.indexOf("--outFile");
   const file = at < 0 ? ${JSON.stringify(output)} : process.argv[at + 1];
   fs.mkdirSync("build", { recursive: true }); fs.mkdirSync("dist/bin", { recursive: true });
   await new Promise((resolve) => setTimeout(resolve, 50));
   if (fs.existsSync("broken")) process.exit(1);
   fs.writeFileSync(file, "made"); fs.appendFileSync("calls", file + "\\n");`;

const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ type: "module" }),
  "package-lock.json": LOCK,
  "node_modules/.package-lock.json": LOCK,
  "node_modules/assemblyscript/package.json": JSON.stringify({ type: "module" }),
  "node_modules/assemblyscript/bin/asc.js": COMPILER(""),
  "node_modules/typescript/package.json": JSON.stringify({ type: "module" }),
  "node_modules/typescript/bin/tsc": COMPILER("dist/bin/recorte.js"),
  "assembly/index.ts": "export {}",
  "src/bin/recorte.ts": "export {}",
};

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "recorte-prepare-"));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await cp(new URL("../../../src/bin/prepare.mjs", import.meta.url), join(root, "src/bin/prepare.mjs"));
});

afterEach(() => rm(root, { recursive: true }));

function prepare(): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "src/bin/prepare.mjs")], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, said }));
  });
}

/** How often the two WASM targets and the TypeScript were compiled. */
function compilations() {
  const calls = readFileSync(join(root, "calls"), "utf8");
  return { wasm: calls.split("recorte.wasm").length - 1, typescript: calls.split("dist/bin").length - 1 };
}

test("everything is made once, then nothing and silently", async () => {
  expect((await prepare()).code).toBe(0);
  expect(await prepare()).toEqual({ code: 0, said: "" });
  expect(compilations()).toEqual({ wasm: 1, typescript: 1 });
  expect(readFileSync(join(root, "node_modules/.bin/recorte"), "utf8")).toBe("made");
});

test("a change in assembly/ or src/ makes only what depends on it, even with an older date", async () => {
  await prepare();
  writeFileSync(join(root, "assembly/rice.ts"), "");
  await prepare();
  expect(compilations()).toEqual({ wasm: 2, typescript: 1 });
  writeFileSync(join(root, "src/bin/recorte.ts"), "changed");
  await prepare();
  expect(compilations()).toEqual({ wasm: 2, typescript: 2 });
});

test("what was deleted is made again", async () => {
  await prepare();
  rmSync(join(root, "build"), { recursive: true });
  await prepare();
  expect(existsSync(join(root, "build/recorte.debug.wasm"))).toBe(true);
});

test("two at once make everything once", async () => {
  const both = await Promise.all([prepare(), prepare()]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(compilations()).toEqual({ wasm: 1, typescript: 1 });
  expect(existsSync(join(root, ".prepare.lock.tmp"))).toBe(false);
});

test("a failure exits with 1, names the command, and is tried again", async () => {
  writeFileSync(join(root, "broken"), "");
  const { code, said } = await prepare();
  expect(code).toBe(1);
  expect(said).toMatch(/recorte: Stopped: `.*asc\.js .*` failed \(exit code 1\)/);
  rmSync(join(root, "broken"));
  expect((await prepare()).code).toBe(0);
});
