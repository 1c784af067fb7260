import { ServiceError } from "../../errors.ts";
import { COMMON_PASSWORDS } from "./passwords-common.ts";

/** OWASP Password Storage Cheat Sheet, Argon2id (which is what `hash` makes): 19 MiB, two passes, one lane. KiB. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** In which there will be a turn again: a full queue is done in some. */
const TURN_SECONDS = 3;

/** In characters. */
export const PASSWORD_LENGTH = { least: 10, most: 200 } as const;

/** When it is first needed: most processes check no password for a long time, and starting takes some 15 ms less. */
const loadArgon2 = () => import("@node-rs/argon2");

/** Of no password: what is checked against it takes as long as any other check, and fails. */
const NOBODYS_HASH = [
  "$argon2id$v=19",
  `$m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost},p=${PARAMETERS.parallelism}`,
  `$${"A".repeat(22)}`, // 16 bytes of salt and 32 of digest, base64
  `$${"A".repeat(43)}`,
].join("");

/** What a password was right for: the hash. Whoever lets somebody in by it looks, as they do, that it is the account's still. */
export type PasswordProof = string;

export type Passwords = {
  /** argon2id, in PHC form. */
  hash(password: string): Promise<string>;
  /** Takes the same time for null, which no password matches. */
  matches(password: string, hash: string | null): Promise<boolean>;
};

/**
 * Hashes are made and checked `atOnce` at a time: each takes 19 MiB and some hundredths of a second of one core, and
 * nobody shall have all of both by trying to sign in. "too-many" where more than `mostWaiting` wait for their turn.
 */
export function createPasswords({ atOnce = 2, mostWaiting = 100 } = {}): Passwords {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= mostWaiting) {
        const message = "Cannot check a password: too many are being checked now; please try again";
        throw new ServiceError("too-many", message, { retryAfterSeconds: TURN_SECONDS });
      }
      await new Promise<void>((resolve) => waiting.push(resolve)); // the turn is handed on: `running` stays
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  }

  return {
    hash: (password) => inTurn(async () => (await loadArgon2()).hash(normalize(password), PARAMETERS)),
    async matches(password, known) {
      const isPossible = known !== null && lengthOf(password) <= PASSWORD_LENGTH.most;
      const isRight = await inTurn(async () => {
        const { verify } = await loadArgon2();
        return verify(isPossible ? known : NOBODYS_HASH, isPossible ? normalize(password) : "");
      });
      return isPossible && isRight;
    },
  };
}

/** "usage" for one that is too easily guessed, whoever's it is. */
export function checkNewPassword(password: string, { name }: { readonly name: string }): void {
  const refuse = (reason: string): never => {
    throw new ServiceError("usage", `Cannot use this password: ${reason}`);
  };
  const length = lengthOf(password);
  if (length < PASSWORD_LENGTH.least || length > PASSWORD_LENGTH.most) {
    refuse(`it needs ${PASSWORD_LENGTH.least} to ${PASSWORD_LENGTH.most} characters, and has ${length}`);
  }
  const plain = normalize(password).toLowerCase();
  if (plain === name.toLowerCase()) refuse("it is the name of the account");
  if (new Set(plain).size < 4) refuse("it needs at least four different characters");
  if (COMMON_PASSWORDS.has(plain)) refuse("it is one of those that are tried first");
}

/** Keyboards write the same letter in several ways. */
function normalize(password: string): string {
  return password.normalize("NFKC");
}

/** In characters, not in their halves. */
function lengthOf(password: string): number {
  // No letter takes more than two: what is longer need not be counted.
  return password.length > 2 * PASSWORD_LENGTH.most ? password.length : [...password].length;
}
