import { ServiceError } from "../errors.ts";
import type { CommandContext, InputStream } from "./command.ts";

const MOST_CHARACTERS = 4096;

/** Asked for on the terminal, twice, without showing it. "usage" where there is no terminal. */
export async function askForNewPassword({ stdin = process.stdin, stderr, signal }: CommandContext): Promise<string> {
  if (stdin.isTTY !== true || stdin.setRawMode === undefined) {
    throw new ServiceError("usage", "Cannot ask for a password: there is no terminal; give --password-stdin");
  }
  const ask = async (question: string) => {
    stderr.write(question);
    try {
      return await readHidden(stdin, signal);
    } finally {
      stderr.write("\n");
    }
  };
  const password = await ask("Password: ");
  if ((await ask("The same again: ")) !== password) {
    throw new ServiceError("usage", "Cannot use these passwords: they are not the same");
  }
  return password;
}

/** The first line. */
export async function readPasswordLine({ stdin = process.stdin }: CommandContext): Promise<string> {
  stdin.setEncoding("utf8");
  let text = "";
  for await (const piece of stdin as AsyncIterable<string>) {
    text += piece;
    if (text.includes("\n") || text.length > MOST_CHARACTERS) break;
  }
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? "";
  if (line === "") throw new ServiceError("usage", "Cannot read a password: there is none on standard input");
  return line;
}

/** Up to Enter; what is typed is not shown, and Backspace takes the last character back. */
function readHidden(stdin: InputStream, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let characters: string[] = [];

    function end(settle: () => void): void {
      stdin.off("data", read);
      signal.removeEventListener("abort", interrupt);
      stdin.setRawMode?.(false);
      stdin.pause();
      settle();
    }

    const interrupt = () => end(() => reject(new ServiceError("canceled", "Cannot read a password: interrupted")));

    function read(piece: string): void {
      for (const character of piece) {
        if (character === "\r" || character === "\n" || character === "\u0004") {
          return end(() => resolve(characters.join("")));
        }
        if (character === "\u0003") return interrupt(); // Ctrl-C is a character like others in raw mode
        if (character === "\u007f" || character === "\b") characters = characters.slice(0, -1);
        else if (characters.length < MOST_CHARACTERS) characters.push(character);
      }
    }

    signal.addEventListener("abort", interrupt, { once: true });
    stdin.setEncoding("utf8");
    stdin.setRawMode?.(true);
    stdin.on("data", read);
    stdin.resume();
  });
}
