import { format } from "node:util";
import type { LogEntry } from "../http/log-entry.ts";

/** What libraries write to the console of their own accord: the server below the app does where an answer breaks. */
const COMPLAINTS = ["error", "warn"] as const;
const CHATTER = ["info", "log", "debug"] as const;

/**
 * Sends complaints of libraries to the log, as lines like any other, and drops what else they say: a request that its client
 * gave up is in the log already. For a process that is a server, and nothing else. Returns what ends it.
 */
export function sendConsoleToLog(log: (entry: LogEntry) => void): () => void {
  const before = { ...console };
  for (const name of COMPLAINTS) {
    console[name] = (...said: unknown[]) => {
      const error = said.find((value) => value instanceof Error);
      log({ event: "fault", what: `console.${name}`, error: error ?? format(...said).slice(0, MOST_CHARACTERS) });
    };
  }
  for (const name of CHATTER) console[name] = () => undefined;
  return () => void Object.assign(console, before);
}

const MOST_CHARACTERS = 4000;
