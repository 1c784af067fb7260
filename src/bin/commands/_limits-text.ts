import { LIMITS } from "../../access/limits/limit-values.ts";

/** Names of limits and what they are, a line each, as help texts show them. */
export function describeLimits(): string {
  const lines = Object.entries(LIMITS).map(([name, explanation]) => `  ${name.padEnd(19)}${explanation}\n`);
  return lines.join("");
}
