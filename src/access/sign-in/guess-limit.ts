import { ServiceError } from "../../errors.ts";
import { clientKeyOf } from "../network/client-key.ts";
import { createPlaces, createTurns } from "./guess-limit-turns.ts";
import { createTries, type TryPace } from "./guess-limit-tries.ts";

/** Who tries to sign in, and from where; null where there is no network. */
export type Guesser = { readonly name: string; readonly address: string | null };

export type GuessLimit = {
  /**
   * Does `check`, which tells null where the guess was wrong: in its turn, a little later after some wrong ones, and
   * "too-many" with the seconds to wait after more. A right one counts nothing.
   */
  attempt<T>(guesser: Guesser, check: () => Promise<T | null>): Promise<T | null>;
};

/** `atOnce`: so many are under way, and others wait for them. */
type Pace = TryPace & { readonly atOnce: number };

/** One address at one account: who has forgotten a password tries this often. */
const PAIR: Pace = { free: 3, slowed: 4, mostWaitSeconds: 900, atOnce: 4 };
/** One address at any accounts: there may be an institute behind it. */
const ADDRESS: Pace = { free: 20, slowed: 10, mostWaitSeconds: 900, atOnce: 8 };
/** What is near an address, of which one customer may have all. Who guesses little there is slowed, but not kept out. */
const NEIGHBOURS: Pace = { free: 100, slowed: 50, mostWaitSeconds: 900, atOnce: 20 };
/** One account from anywhere: its owner, somewhere else, is slowed by it, but never kept out. */
const ACCOUNT: TryPace = { free: 10, slowed: Infinity, mostWaitSeconds: 900 };

const MOST_DELAY_SECONDS = 4;
/** Tries that wait or are made, at a time: a class that begins, or all jobs of a cluster. Some kB each. */
const MOST_HELD = { address: 100, neighbours: 200, all: 5000 };
/** Passwords that are looked at, at a time: less than what looks at them takes. */
const MOST_CHECKED = 50;

export type GuessLimitOptions = {
  /** The present: milliseconds since 1970, UTC. */
  readonly now: () => number;
  readonly sleep?: (milliseconds: number) => Promise<void>;
  /** Of each kind that are remembered. */
  readonly mostRemembered?: number;
};

/**
 * Slows down who guesses passwords. Only wrong tries count, and no more are under way than may be wrong: many at once
 * gain nothing. Only who made them is refused: strangers can make an owner wait for some seconds, and no more.
 */
export function createGuessLimit({ now, sleep = pause, mostRemembered = 10_000 }: GuessLimitOptions): GuessLimit {
  const options = { now, mostRemembered };
  const pairs = createTries(PAIR, options);
  const addresses = createTries(ADDRESS, options);
  const neighbours = createTries(NEIGHBOURS, options);
  const accounts = createTries(ACCOUNT, options);
  const [turns, places] = [createTurns(), createPlaces()];

  /** The right to wait; of each network there is so much of it. */
  function hold(from: string, near: string): () => void {
    const taken: (() => void)[] = [];
    const leave = () => taken.forEach((giveBack) => giveBack());
    for (const [key, most] of [
      [`address ${from}`, MOST_HELD.address],
      [`near ${near}`, MOST_HELD.neighbours],
      ["all", MOST_HELD.all],
    ] as const) {
      const giveBack = places.take(key, most);
      if (giveBack === null) {
        leave();
        throw tooManyAtOnce();
      }
      taken.push(giveBack);
    }
    return leave;
  }

  return {
    async attempt({ name, address }, check) {
      const from = clientKeyOf(address);
      const near = neighboursOf(from);
      const account = name.slice(0, 100).toLowerCase();
      const pair = `${from} ${account}`;
      const refuse = () => {
        const mine = Math.max(addresses.waitSeconds(from), pairs.waitSeconds(pair));
        const isGuessing = addresses.wrong(from) > PAIR.free;
        const waitSeconds = isGuessing ? Math.max(mine, neighbours.waitSeconds(near)) : mine;
        if (waitSeconds > 0) throw tooMany(waitSeconds);
      };
      const held: (() => void)[] = [];
      try {
        refuse();
        held.push(hold(from, near));
        // From the narrowest: who waits for a turn of a pair keeps nobody else waiting.
        held.push(await turns.take(`pair ${pair}`, () => Math.min(PAIR.atOnce, pairs.left(pair))));
        held.push(await turns.take(`address ${from}`, () => Math.min(ADDRESS.atOnce, addresses.left(from))));
        held.push(await turns.take(`near ${near}`, () => NEIGHBOURS.atOnce));
        refuse(); // of those before it some may have been wrong
        const delay = Math.max(
          pairs.delaySeconds(pair),
          addresses.delaySeconds(from),
          neighbours.delaySeconds(near),
          accounts.delaySeconds(account),
        );
        if (delay > 0) await sleep(Math.min(MOST_DELAY_SECONDS, delay) * 1000);
        held.push(await turns.take("check", () => MOST_CHECKED));
        const result = await check();
        if (result !== null) {
          pairs.forget(pair);
        } else {
          pairs.count(pair);
          addresses.count(from);
          neighbours.count(near);
          accounts.count(account);
        }
        return result;
      } finally {
        for (const giveBack of held.reverse()) giveBack();
      }
    },
  };
}

/** The network around a client: of IPv6 its 48 bits, which sites have (RFC 6177, section 2), of IPv4 24. */
function neighboursOf(clientKey: string): string {
  if (clientKey.includes(":")) return `${clientKey.split(":").slice(0, 3).join(":")}::/48`;
  return clientKey.replace(/\.\d+$/, ".0/24");
}

function tooMany(seconds: number): ServiceError {
  const wait = Math.ceil(seconds);
  const message = `Cannot sign in now: there were too many wrong passwords; try again in ${wait} seconds`;
  return new ServiceError("too-many", message, { retryAfterSeconds: wait, limit: "guesses" });
}

function tooManyAtOnce(): ServiceError {
  const wait = MOST_DELAY_SECONDS;
  const message = `Cannot sign in now: too many try it from your network at this moment; try again in ${wait} seconds`;
  return new ServiceError("too-many", message, { retryAfterSeconds: wait, limit: "guesses" });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
