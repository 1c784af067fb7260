import { oneLine } from "./one-line.ts";

/** The message and those of its causes that say something new. A list ("\n  ") keeps its lines. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  for (let e: unknown = error; e !== undefined && e !== null && parts.length < 5; ) {
    const message = e instanceof Error ? e.message : JSON.stringify(e);
    // "ENOENT: no such file …" below "Cannot open a.fits: there is no such file (ENOENT)" says nothing new.
    const code = e instanceof Error && "code" in e && typeof e.code === "string" ? e.code : message;
    if (!parts.some((part) => part.includes(code) || message.startsWith(part))) parts.push(message);
    e = e instanceof Error ? e.cause : undefined;
  }
  return parts.join(": ").split("\n  ").map(oneLine).join("\n  ");
}
