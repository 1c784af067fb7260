import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

/** Of the repository. */
export const ROOT = join(import.meta.dirname, "../..");
/** The program, as it was built. */
export const RECORTE = join(ROOT, "dist/bin/recorte.js");

export type SpawnedProgram = {
  readonly child: ChildProcess;
  /** What it has written to stdout and stderr until now. */
  output(): string;
  /** Resolves with the match once its output has one; rejects when it ends without, or after `seconds`. */
  waitFor(pattern: RegExp, seconds: number): Promise<RegExpExecArray>;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Sends SIGTERM, unless it has ended; its exit code. */
  stop(): Promise<number | null>;
};

/** The environment of this process without settings of ours and of the npm that runs the tests. */
export function cleanEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(RECORTE_|npm_|VITEST|NODE_ENV$|PORT$|HOST$)/.test(name),
  );
  return { ...(Object.fromEntries(inherited) as Record<string, string>), ...extra };
}

/** `recorte` with these arguments, and no settings but these. */
export function spawnRecorte(args: readonly string[], env: Record<string, string>): SpawnedProgram {
  return spawnProgram(process.execPath, [RECORTE, ...args], { cwd: ROOT, env: cleanEnvironment(env) });
}

/** Starts a program in a process group of its own, so that `stop` reaches what it started. */
export function spawnProgram(
  command: string,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
): SpawnedProgram {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const watchers = new Set<() => void>();
  const heard = (chunk?: Buffer) => {
    output += chunk?.toString() ?? "";
    for (const watcher of watchers) watcher();
  };
  child.stdout.on("data", heard);
  child.stderr.on("data", heard);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code));
  });
  ended.then(
    () => heard(),
    () => heard(),
  );
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;

  return {
    child,
    output: () => output,
    ended,
    waitFor(pattern, seconds) {
      return new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          watchers.delete(look);
          clearTimeout(timer);
          settle();
        };
        const fail = (why: string) =>
          finish(() => reject(new Error(`${command} ${args.join(" ")} ${why} without ${pattern.source}\n${output}`)));
        const look = () => {
          const match = pattern.exec(output);
          if (match !== null) finish(() => resolve(match));
          else if (hasEnded()) fail(`ended with ${child.exitCode ?? child.signalCode}`);
        };
        const timer = setTimeout(() => fail(`ran ${seconds} s`), seconds * 1000);
        watchers.add(look);
        look();
      });
    },
    stop() {
      if (!hasEnded() && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
      return ended;
    },
  };
}
