import { ServiceError } from "../../errors.ts";
import { clientKeyOf } from "../network/client-key.ts";
import { createTries, type TryPace } from "./guess-limit-tries.ts";

/** Who tries to sign in, and from where; null where there is no network. */
export type Guesser = { readonly name: string; readonly address: string | null };

export type GuessLimit = {
  /**
   * Does `check`, which tells null where the guess was wrong: a little later after some of those, and "too-many" with the
   * seconds to wait after more. A right one counts nothing.
   */
  attempt<T>(guesser: Guesser, check: () => Promise<T | null>): Promise<T | null>;
};

/** One address at one account: who has forgotten a password tries this often. */
const PAIR: TryPace = { free: 3, slowed: 4, mostWaitSeconds: 900 };
/** One address at any accounts: there may be an institute behind it. */
const ADDRESS: TryPace = { free: 20, slowed: 10, mostWaitSeconds: 900 };
/** One account from anywhere: its owner, somewhere else, is slowed by it, but never kept out. */
const ACCOUNT: TryPace = { free: 10, slowed: Infinity, mostWaitSeconds: 900 };

const MOST_DELAY_SECONDS = 4;
/** That are held at a time, so that nobody fills the process with tries that wait. */
const MOST_HELD = 100;

export type GuessLimitOptions = {
  /** The present: milliseconds since 1970, UTC. */
  readonly now: () => number;
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** Of each kind that are remembered. */
  readonly mostRemembered?: number;
};

/**
 * Slows down who guesses passwords. A try counts before it is made, so that many at once gain nothing. Only what one
 * address did is refused: a stranger can make an owner wait for some seconds, and no more.
 */
export function createGuessLimit({ now, sleep = pause, mostRemembered = 10_000 }: GuessLimitOptions): GuessLimit {
  const pairs = createTries(PAIR, { now, mostRemembered });
  const addresses = createTries(ADDRESS, { now, mostRemembered });
  const accounts = createTries(ACCOUNT, { now, mostRemembered });
  let held = 0;

  async function hold(seconds: number): Promise<void> {
    if (held >= MOST_HELD) throw tooMany(MOST_DELAY_SECONDS);
    held++;
    try {
      await sleep(seconds * 1000);
    } finally {
      held--;
    }
  }

  return {
    async attempt({ name, address }, check) {
      const from = clientKeyOf(address);
      const account = name.slice(0, 100).toLowerCase();
      const counted = [
        { tries: addresses, key: from },
        { tries: pairs, key: `${from} ${account}` },
        { tries: accounts, key: account },
      ];
      const waitSeconds = Math.max(...counted.map(({ tries, key }) => tries.waitSeconds(key)));
      if (waitSeconds > 0) throw tooMany(waitSeconds);
      const delays = counted.map(({ tries, key }) => tries.count(key));
      const withdraw = () => counted.forEach(({ tries, key }) => tries.withdraw(key));
      let result: Awaited<ReturnType<typeof check>> | null;
      try {
        const delay = Math.min(MOST_DELAY_SECONDS, Math.max(...delays));
        if (delay > 0) await hold(delay);
        result = await check();
      } catch (error) {
        withdraw(); // nothing was learned
        throw error;
      }
      if (result !== null) {
        withdraw();
        pairs.forget(`${from} ${account}`);
      }
      return result;
    },
  };
}

function tooMany(seconds: number): ServiceError {
  const wait = Math.ceil(seconds);
  const message = `Cannot sign in now: there were too many wrong passwords; try again in ${wait} seconds`;
  return new ServiceError("too-many", message, { retryAfterSeconds: wait, limit: "guesses" });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
