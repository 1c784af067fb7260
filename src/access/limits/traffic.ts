import type { RecordsDatabase } from "../../db/records-database.ts";
import { ServiceError } from "../../errors.ts";
import { formatBytes, formatBytesExactly } from "../../format-bytes.ts";

/**
 * Bytes sent in a day (UTC), counted in the records, for all processes together. A process sets some apart there before
 * it sends anything, and takes what it sends from that: most answers need no statement. What it has not used it gives back
 * when its user is quiet, or it stops. Where it dies, what it had set apart counts as sent: an allowance, and what was
 * left of answers under way.
 */
export type Traffic = {
  /**
   * Sets so many bytes apart for one answer. "over-limit" for one that is larger than a whole day's, "too-many" where the
   * day has not so many left.
   */
  reserve(owner: string, bytes: number, limit: number): Reservation;
  /** Of today: sent, or about to be. */
  used(owner: string): number;
  /** Milliseconds since 1970: when the day is over. */
  resetsAt(): number;
  /** Gives back what is not used. */
  flush(): void;
  close(): void;
};

/** To be settled once, with what was really sent; later calls do nothing. */
export type Reservation = { readonly settle: (sentBytes: number) => void };

const DAY_MILLISECONDS = 86_400_000;
/** 64 answers of 256 KiB; of a small limit a small part, so that processes do not keep it from each other. */
const ALLOWANCE_BYTES = 16 * 2 ** 20;
const ALLOWANCE_PART = 1 / 64;
const QUIET_MILLISECONDS = 2000;
/** Days that are kept. */
const KEPT_DAYS = 32;
/** Largest of SQLite's integers that is exact here. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/** Of one owner and day. */
type Account = {
  readonly owner: string;
  readonly day: number;
  /** Set apart in the records, and taken by no answer; below 0 what is still to be written, where there is no limit. */
  free: number;
  /** Answers under way. */
  open: number;
  usedAt: number;
};

export type TrafficOptions = {
  /** Told when the records could not be written; what was not written is tried again. */
  readonly onFailure: (error: unknown) => void;
  readonly now?: () => number;
};

export function createTraffic({ sqlite }: RecordsDatabase, { onFailure, now = Date.now }: TrafficOptions): Traffic {
  const grant = sqlite.prepare(
    `insert into traffic (owner, day, bytes) select @owner, @day, @bytes where @bytes <= @limit
     on conflict (owner, day) do update set bytes = bytes + excluded.bytes where bytes + excluded.bytes <= @limit`,
  );
  const find = sqlite
    .prepare<[string, number], number>("select bytes from traffic where owner = ? and day = ?")
    .pluck();
  const forget = sqlite.prepare("delete from traffic where day < ?");
  const accounts = new Map<string, Account>();
  let today = -1;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const dayOf = () => Math.floor(now() / DAY_MILLISECONDS);
  const take = (owner: string, day: number, bytes: number, limit: number) =>
    grant.run({ owner, day, bytes, limit: Math.min(limit, NO_LIMIT) }).changes === 1;
  const stored = (owner: string, day: number) => find.get(owner, day) ?? 0;

  function accountOf(owner: string): Account {
    const day = dayOf();
    if (day !== today) beginDay(day);
    let account = accounts.get(owner);
    if (account === undefined) {
      account = { owner, day, free: 0, open: 0, usedAt: 0 };
      accounts.set(owner, account);
    }
    account.usedAt = now();
    return account;
  }

  /** Answers of yesterday that are under way are settled there. */
  function beginDay(day: number): void {
    flush();
    accounts.clear();
    try {
      forget.run(day - KEPT_DAYS);
    } catch (error) {
      onFailure(error);
    }
    today = day;
  }

  function giveBack(account: Account): void {
    const { owner, day, free } = account;
    if (free === 0 || !sqlite.open) return; // an answer that ended after the service
    try {
      take(owner, day, -free, NO_LIMIT);
      account.free = 0;
    } catch (error) {
      onFailure(error);
    }
  }

  function flush(): void {
    for (const account of accounts.values()) giveBack(account);
  }

  /** Later, and as long as there is something to give back. */
  function flushLater(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      const before = now() - QUIET_MILLISECONDS;
      let isMore = false;
      for (const account of accounts.values()) {
        if (account.usedAt <= before || account.free < 0) giveBack(account);
        if (account.open === 0 && account.free === 0 && account.usedAt <= before) accounts.delete(account.owner);
        else isMore ||= account.free !== 0;
      }
      if (isMore) flushLater();
    }, QUIET_MILLISECONDS);
  }

  return {
    reserve(owner, bytes, limit) {
      const account = accountOf(owner);
      if (limit !== Infinity && account.free < bytes) {
        const missing = bytes - account.free;
        const allowance = Math.floor(Math.min(ALLOWANCE_BYTES, limit * ALLOWANCE_PART));
        if (take(owner, account.day, missing + allowance, limit)) account.free += missing + allowance;
        else if (take(owner, account.day, missing, limit)) account.free += missing;
        else throw refusal({ bytes, limit, used: stored(owner, account.day) - account.free, now: now() });
      }
      account.free -= bytes;
      account.open++;
      flushLater();
      let isOpen = true;
      return {
        settle(sentBytes) {
          if (!isOpen) return;
          isOpen = false;
          account.open--;
          account.free += bytes - sentBytes;
          // Of a day that is over, or an owner who was quiet for so long that nobody looks after the account any more.
          if (accounts.get(owner) !== account) giveBack(account);
          else flushLater();
        },
      };
    },
    used(owner) {
      const account = accounts.get(owner);
      const day = dayOf();
      return stored(owner, day) - (account?.day === day ? account.free : 0);
    },
    resetsAt: () => (dayOf() + 1) * DAY_MILLISECONDS,
    flush,
    close() {
      clearTimeout(timer);
      timer = undefined;
      flush();
      accounts.clear();
    },
  };
}

function refusal(state: { bytes: number; limit: number; used: number; now: number }): ServiceError {
  const { bytes, limit, used, now } = state;
  const cannotSend = `Cannot send ${formatBytesExactly(bytes)}`;
  if (bytes > limit) {
    const message = `${cannotSend}: ${formatBytesExactly(limit)} a day are allowed; ask for a smaller part`;
    return new ServiceError("over-limit", message, { limit: "bytesPerDay" });
  }
  const retryAfterSeconds = Math.ceil((DAY_MILLISECONDS - (now % DAY_MILLISECONDS)) / 1000);
  return new ServiceError(
    "too-many",
    `${cannotSend}: ${formatBytes(used)} of the ${formatBytesExactly(limit)} a day are used; ` +
      "ask again after midnight UTC, or for less",
    { retryAfterSeconds, limit: "bytesPerDay" },
  );
}
