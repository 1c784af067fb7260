import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Readable, Writable } from "node:stream";
import { ServiceError } from "../errors.ts";

/** One `recorte <name>`. Its file, `commands/<name>.ts`, exports it as `command`. */
export type Command = {
  readonly name: string;
  /** One line for `recorte --help`. */
  readonly summary: string;
  /** What `recorte <name> --help` prints: usage first, then options, then an example. */
  readonly help: string;
  /** `args` are those after the name. Resolves with the exit code; a rejection becomes one line on stderr. */
  run(args: string[], context: CommandContext): Promise<number>;
};

export type CommandContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Else the process's. */
  readonly stdin?: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Fires on SIGINT, on SIGTERM and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
};

export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
export type OutputStream = Writable & { readonly isTTY?: boolean };

export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

type ParseArgsOptionsConfig = NonNullable<ParseArgsConfig["options"]>;

type Arguments<O extends ParseArgsOptionsConfig> = {
  values: ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>["values"];
  positionals: string[];
};

/**
 * Parses `args` with node's `parseArgs`. `positionals` names those expected, in order: `"file"` must be there,
 * `"hdu?"` may be, and `"path..."`, as the last, stands for one or more. "usage" when they do not fit.
 */
export function parseArguments<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  expected: { readonly options?: O; readonly positionals?: readonly string[] },
): Arguments<O> {
  const names = expected.positionals ?? [];
  const parsed = parseOptions(args, (expected.options ?? {}) as O);
  const required = names.filter((name) => !name.endsWith("?"));
  const most = names.at(-1)?.endsWith("...") ? Infinity : names.length;
  const missing = required[parsed.positionals.length];
  if (missing !== undefined) throw new ServiceError("usage", `Missing argument <${missing}>`);
  const spare = parsed.positionals[most];
  if (spare !== undefined) throw new ServiceError("usage", `Unexpected argument "${spare}"`);
  return parsed;
}

function parseOptions<const O extends ParseArgsOptionsConfig>(args: readonly string[], options: O): Arguments<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (cause) {
    // Node's text is good ("Unknown option '--foo'. To specify …"): its first sentence says it.
    const message = cause instanceof Error ? (cause.message.split(/\. |\n/, 1)[0] ?? "") : String(cause);
    throw new ServiceError("usage", message.replace(/\.$/, ""), { cause });
  }
}
