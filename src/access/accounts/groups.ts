import { ServiceError } from "../../errors.ts";

const MOST_GROUPS = 200;
const MOST_LENGTH = 200;

/** No control characters, and not what separates groups where several are written: `|`. */
const GROUP = /^[^\p{Control}|]+$/u;

/** Groups that an administrator names: each once. "usage" for what is no name of one. */
export function parseGroups(names: readonly string[]): readonly string[] {
  const groups = [...new Set(names.map((name) => name.trim()))];
  const wrong = groups.find((name) => !isGroup(name));
  if (wrong !== undefined) {
    const needed = `it needs 1 to ${MOST_LENGTH} characters, none of them |`;
    throw new ServiceError("usage", `Cannot use the group "${wrong.slice(0, 100)}": ${needed}`);
  }
  if (groups.length > MOST_GROUPS) {
    throw new ServiceError("usage", `Cannot put one user into ${groups.length} groups: at most ${MOST_GROUPS}`);
  }
  return groups;
}

/** Groups that a provider names: what cannot be one is left out, and opens nothing. */
export function tidyGroups(names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.trim()).filter(isGroup))].slice(0, MOST_GROUPS);
}

/** Of administrators, providers and the rules of releases alike. */
export function isGroup(name: string): boolean {
  return name.length <= MOST_LENGTH && GROUP.test(name);
}
