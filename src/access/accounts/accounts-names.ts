import { ServiceError } from "../../errors.ts";
import { randomName } from "../secrets.ts";
import { ANONYMOUS, TEST_USER } from "../user.ts";

/** What one can sign in with, and what a header, a list and a file name can carry as it is. */
const NAME = /^[a-z0-9][a-z0-9._@+-]{0,62}[a-z0-9]$/;

/** Ids of accounts begin so, and names do not: either finds one account. */
export const ID_PREFIX = "usr_";

/** Those of users without an account, and of what may speak of itself. */
const RESERVED = new Set([ANONYMOUS.name, TEST_USER.name, "nobody", "recorte", "system", "local"]);

/** In small letters. "usage" for what is no name of an account. */
export function parseAccountName(text: string): string {
  const name = text.toLowerCase();
  if (!NAME.test(name)) {
    const needed = "it needs 2 to 64 of a-z 0-9 . _ @ + -, with a letter or digit at both ends";
    throw new ServiceError("usage", `Cannot use the name "${text.slice(0, 100)}": ${needed}`);
  }
  if (isReserved(name)) throw new ServiceError("usage", `Cannot use the name "${name}": it is kept for the service`);
  return name;
}

function isReserved(name: string): boolean {
  return RESERVED.has(name) || name.startsWith(ID_PREFIX);
}

const MOST_STEM = 50;
const MOST_NUMBER = 20;

/** Names for somebody who would like to be called `wished`: that one as far as it can be, then others like it. */
export function* namesLike(wished: string): Generator<string, never> {
  const stem = wished
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{Mark}/gu, "")
    .replace(/[^a-z0-9._@+-]+/g, "-")
    .slice(0, MOST_STEM)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  const isName = NAME.test(stem) && !isReserved(stem);
  const base = isName ? stem : "user";
  if (isName) yield base;
  for (let number = 2; number <= MOST_NUMBER; number++) yield `${base}-${number}`;
  for (;;) yield `${base}-${randomName(5)}`;
}
