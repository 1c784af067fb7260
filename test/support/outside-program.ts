import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Debian's Python where there is one: another in PATH need not have the modules. */
export const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

/** Throws, naming the Debian package, unless `program` can be started. */
export function requireProgram(program: string, debianPackage: string): void {
  // Any exit code will do: only a program that is not there gives an error.
  if (spawnSync(program, ["--version"], { stdio: "ignore", timeout: 20_000 }).error === undefined) return;
  throw new Error(`Cannot run this test: it needs ${program} (Debian: apt-get install ${debianPackage})`);
}

/** Throws, naming the Debian package, unless Python can import `module`. */
export function requirePythonModule(module: string, debianPackage: string): void {
  requireProgram(PYTHON, "python3");
  if (spawnSync(PYTHON, ["-c", `import ${module}`], { stdio: "ignore" }).status === 0) return;
  throw new Error(`Cannot run this test: it needs Python's ${module} (Debian: apt-get install ${debianPackage})`);
}

/** Runs Python with `args` in sys.argv[1:]; what it printed. */
export function runPython(script: string, ...args: string[]): string {
  return execFileSync(PYTHON, ["-c", script, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
