import { ServiceError } from "../errors.ts";
import { EXIT_FAILURE, EXIT_OK, EXIT_USAGE, type Command, type CommandContext } from "./command.ts";
import { describeError } from "./describe-error.ts";
import { nearestName } from "./nearest-name.ts";

type LoadCommand = () => Promise<{ readonly command: Command }>;

/** Each command is loaded when it is called: `recorte fits` must not wait for the web server's modules. */
const COMMANDS: Readonly<Record<string, LoadCommand>> = {
  serve: () => import("./commands/serve.ts"),
  work: () => import("./commands/work.ts"),
  gc: () => import("./commands/gc.ts"),
  cut: () => import("./commands/cut.ts"),
  index: () => import("./commands/index.ts"),
  ingest: () => import("./commands/ingest.ts"),
  fits: () => import("./commands/fits.ts"),
  user: () => import("./commands/user.ts"),
  token: () => import("./commands/token.ts"),
  migrate: () => import("./commands/migrate.ts"),
  doctor: () => import("./commands/doctor.ts"),
};

/** Runs `recorte <args>`; resolves with the exit code: 0 done, 1 failed, 2 called wrongly, 130 interrupted. */
export async function runCommandLine(
  args: readonly string[],
  context: CommandContext,
  commands: Readonly<Record<string, LoadCommand>> = COMMANDS,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    context.stdout.write(await describeCommands(commands));
    return name === undefined ? EXIT_USAGE : EXIT_OK;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    const nearest = nearestName(name, Object.keys(commands));
    const hint = nearest === null ? "see `recorte --help`" : `did you mean "${nearest}"?`;
    context.stderr.write(`recorte: unknown command "${name}": ${hint}\n`);
    return EXIT_USAGE;
  }
  try {
    const { command } = await load();
    if (asksForHelp(rest)) {
      context.stdout.write(command.help.trim() + "\n");
      return EXIT_OK;
    }
    return await command.run(rest, context);
  } catch (error) {
    return reportFailure(name, error, context);
  }
}

async function describeCommands(commands: Readonly<Record<string, LoadCommand>>): Promise<string> {
  // A module that does not load (a native addon not built, say) must not take the help of the others with it.
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => {
      const summary = await load().then(
        ({ command }) => command.summary,
        (error: unknown) => `(cannot be loaded: ${describeError(error)})`,
      );
      return `  ${name.padEnd(10)}${summary}`;
    }),
  );
  return `Usage: recorte <command> [arguments]\n\nCommands:\n${lines.join("\n")}\n\n\`recorte <command> --help\` says more of one.\n`;
}

/** Everything after `--` is data, even "--help". */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const options = end === -1 ? args : args.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

/** One line on stderr, the causes in it; the stacks too when RECORTE_DEBUG is set. */
function reportFailure(name: string, error: unknown, context: CommandContext): number {
  if (context.signal.aborted) return 130; // 128 + SIGINT, as shells count it
  const usage = error instanceof ServiceError && error.code === "usage";
  const hint = usage ? ` (see \`recorte ${name} --help\`)` : "";
  context.stderr.write(`recorte ${name}: ${describeError(error)}${hint}\n`);
  if (context.env["RECORTE_DEBUG"] && error instanceof Error) {
    for (let e: unknown = error; e instanceof Error; e = e.cause) context.stderr.write(`${e.stack ?? e.message}\n`);
  }
  return usage ? EXIT_USAGE : EXIT_FAILURE;
}
