// Makes a clone ready to run: installs packages, compiles the WASM module and the TypeScript, each only where what it is
// made of has changed since. Plain JavaScript without dependencies, since it runs before there are any.
// `npm start` and `npm test` call it first. Two at once wait for one another.

import { spawn, spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { join, relative } from "node:path";
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LEAST_NODE = [20, 19];
const LOCK_FILE = inRoot(".prepare.lock.tmp");
const LOCK_BEAT_MILLISECONDS = 500;
/** A lock that nobody touched for so long belongs to a process that was killed. */
const LOCK_STALE_MILLISECONDS = 15_000;

/** What a compiled addon fits. */
const MACHINE = `${process.platform} ${process.arch} ABI ${process.versions.modules}`;

/** In order: later steps need the earlier ones. `key` changes when the step has to be done again. */
const STEPS = [
  {
    doing: "installing packages (npm ci); the first time takes some minutes, since SQLite is compiled",
    stamp: "node_modules/.prepared",
    makes: [],
    key: () => `${MACHINE} ${hashOf(["package-lock.json"])}`,
    // Somebody ran `npm install` or `npm ci` by hand.
    holds: (stamp) => (stamp ?? MACHINE).startsWith(MACHINE) && packagesAreInstalled(),
    make: installPackages,
  },
  {
    doing: "compiling assembly/ to build/recorte.wasm",
    stamp: "build/.prepared",
    makes: ["build/recorte.wasm", "build/recorte.debug.wasm"],
    key: () => hashOf(["assembly", "asconfig.json", "package-lock.json"]),
    make: compileWasm,
  },
  {
    doing: "compiling src/ to dist/",
    stamp: "dist/.prepared",
    makes: ["dist/bin/recorte.js", "node_modules/.bin/recorte"],
    key: () => hashOf(["src", "tsconfig.json", "tsconfig.build.json", "package-lock.json"]),
    make: compileTypeScript,
  },
];

try {
  checkNode();
  if (!STEPS.every(isDone)) await withLock(prepare);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function prepare() {
  for (const step of STEPS) {
    if (isDone(step)) continue; // another process did it while this one waited for the lock
    const key = step.key(); // before, so that an edit made meanwhile is seen next time
    const start = Date.now();
    say(step.doing);
    await step.make();
    fs.mkdirSync(inRoot(step.stamp, ".."), { recursive: true });
    fs.writeFileSync(inRoot(step.stamp), key);
    say(`  done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  }
}

function isDone(step) {
  if (!step.makes.every((file) => fs.existsSync(inRoot(file)))) return false;
  const stamp = readText(step.stamp);
  return stamp === step.key() || step.holds?.(stamp) === true;
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  throw new Error(`Cannot run on Node ${process.versions.node}: Node ${LEAST_NODE.join(".")} or newer is needed`);
}

// ── Packages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Whether npm's own record of node_modules has the packages of the lock file. */
function packagesAreInstalled() {
  const installed = JSON.parse(readText("node_modules/.package-lock.json") ?? "{}").packages ?? {};
  const wanted = JSON.parse(readText("package-lock.json") ?? "{}").packages ?? {};
  return Object.entries(wanted).every(
    ([path, entry]) => path === "" || entry.optional || entry.extraneous || installed[path]?.version === entry.version,
  );
}

async function installPackages() {
  const npm = process.env.npm_execpath ?? "npm";
  const options = ["ci", "--include=dev", "--no-audit", "--no-fund"];
  try {
    await run(...(/\.c?js$/.test(npm) ? [process.execPath, [npm, ...options]] : [npm, options]));
  } catch (cause) {
    const missing = missingTools();
    const hint =
      missing.length === 0
        ? ""
        : `: better-sqlite3 is compiled here and needs ${missing.join(", ")}` +
          " (Debian: apt-get install build-essential python3; macOS: xcode-select --install)";
    throw new Error(`Cannot install the packages${hint}`, { cause });
  }
}

/** What node-gyp needs and this machine lacks. */
function missingTools() {
  const has = (command) => spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
  const missing = [];
  if (!["c++", "g++", "clang++", process.env.CXX ?? "c++"].some(has)) missing.push("a C++ compiler");
  if (!["make", "gmake"].some(has)) missing.push("make");
  if (!["python3", "python"].some(has)) missing.push("Python 3");
  return missing;
}

// ── Compilers ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Each module appears under its name when it is whole: tests of another process may be reading the one before. */
async function compileWasm() {
  const compiler = inRoot("node_modules/assemblyscript/bin/asc.js");
  for (const [target, file] of [
    ["release", "build/recorte.wasm"],
    ["debug", "build/recorte.debug.wasm"],
  ]) {
    const unfinished = `${file}.${process.pid}.tmp`;
    await run(process.execPath, [compiler, "assembly/index.ts", "--target", target, "--outFile", unfinished]);
    fs.renameSync(inRoot(unfinished), inRoot(file));
  }
}

async function compileTypeScript() {
  const compiler = inRoot("node_modules/typescript/bin/tsc");
  const incremental = ["--incremental", "--tsBuildInfoFile", "dist/.tsbuildinfo"];
  // Without dist/ a record of what it holds is false.
  if (!fs.existsSync(inRoot("dist/bin/recorte.js"))) fs.rmSync(inRoot("dist/.tsbuildinfo"), { force: true });
  await run(process.execPath, [compiler, "-p", "tsconfig.build.json", ...incremental]);
  // npm links the commands of other packages only: this makes `npx recorte` work in the clone itself.
  fs.chmodSync(inRoot("dist/bin/recorte.js"), 0o755);
  const link = inRoot("node_modules/.bin/recorte");
  fs.mkdirSync(inRoot("node_modules/.bin"), { recursive: true });
  fs.rmSync(link, { force: true });
  fs.symlinkSync(join("..", "..", "dist", "bin", "recorte.js"), link);
}

// ── Tools ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Runs a program in the root with its output on stderr; rejects unless it exits with 0. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", 2, 2] });
    const stop = () => child.kill();
    process.on("exit", stop);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      process.off("exit", stop);
      const name = [command, ...args].map((word) => word.replace(ROOT, "")).join(" ");
      if (code === 0) resolve();
      else reject(new Error(`Stopped: \`${name}\` failed (${signal ?? `exit code ${code}`})`));
    });
  });
}

/** A hash of the names and bytes of files and, for a folder, of all below it. */
function hashOf(paths) {
  const hash = createHash("sha256");
  const add = (path) => {
    const stat = fs.statSync(inRoot(path), { throwIfNoEntry: false });
    if (stat?.isDirectory()) for (const name of fs.readdirSync(inRoot(path)).sort()) add(`${path}/${name}`);
    else if (stat) hash.update(`${path}\0${stat.size}\0`).update(fs.readFileSync(inRoot(path)));
  };
  paths.forEach(add);
  return hash.digest("hex");
}

/**
 * Runs `work` while no other process does so in this folder. The lock file is touched while it is held.
 * (Two that find the same stale lock in the same instant may both go on: harmless, as each step replaces files whole.)
 */
async function withLock(work) {
  const token = randomUUID();
  for (let told = false; !takeLock(token); told = true) {
    if (!told) say("waiting for another process that prepares this folder");
    await sleep(LOCK_BEAT_MILLISECONDS);
  }
  const beat = setInterval(() => {
    if (fs.existsSync(LOCK_FILE)) fs.utimesSync(LOCK_FILE, new Date(), new Date());
  }, LOCK_BEAT_MILLISECONDS);
  const release = () => readText(relative(ROOT, LOCK_FILE)) === token && fs.rmSync(LOCK_FILE, { force: true });
  process.on("exit", release);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));
  try {
    await work();
  } finally {
    clearInterval(beat);
    release();
  }
}

function takeLock(token) {
  const held = fs.statSync(LOCK_FILE, { throwIfNoEntry: false });
  if (held && Date.now() - held.mtimeMs > LOCK_STALE_MILLISECONDS) fs.rmSync(LOCK_FILE, { force: true });
  try {
    fs.writeFileSync(LOCK_FILE, token, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function readText(path) {
  try {
    return fs.readFileSync(inRoot(path), "utf8");
  } catch {
    return null;
  }
}

function inRoot(...parts) {
  return join(ROOT, ...parts);
}

function say(text) {
  process.stderr.write(`recorte: ${text}\n`);
}
