import { beforeEach, expect, test } from "vitest";
import { createGuessLimit, type GuessLimit, type Guesser } from "../../../../src/access/sign-in/guess-limit.ts";
import { ServiceError } from "../../../../src/errors.ts";

const SECOND = 1000;
const HOUR = 3_600_000;

let now: number;
let slept: number[];
let limit: GuessLimit;

beforeEach(() => {
  now = 0;
  slept = [];
  limit = createLimit();
});

function createLimit(mostRemembered?: number): GuessLimit {
  const sleep = (milliseconds: number) => {
    slept.push(milliseconds);
    return Promise.resolve();
  };
  return createGuessLimit({ now: () => now, sleep, ...(mostRemembered === undefined ? {} : { mostRemembered }) });
}

const ANA: Guesser = { name: "ana", address: "192.0.2.1" };
const wrong = () => Promise.resolve(null);
const right = () => Promise.resolve("ana");

/** Seconds that a try is told to wait; 0: it was made. */
async function waitOf(guesser: Guesser, check: () => Promise<string | null> = wrong): Promise<number> {
  try {
    await limit.attempt(guesser, check);
    return 0;
  } catch (error) {
    if (error instanceof ServiceError && error.code === "too-many") return error.retryAfterSeconds ?? NaN;
    throw error;
  }
}

async function guess(count: number, guesser: (number: number) => Guesser): Promise<number> {
  let made = 0;
  for (let i = 0; i < count; i++) if ((await waitOf(guesser(i))) === 0) made++;
  return made;
}

test("some wrong tries are free, some are answered later and later, and then one has to wait", async () => {
  expect(await guess(3, () => ANA)).toBe(3);
  expect(slept).toEqual([]);
  expect(await guess(4, () => ANA)).toBe(4);
  expect(slept).toEqual([250, 500, 1000, 2000]);
  expect(await waitOf(ANA)).toBe(2);
  now += 1.5 * SECOND;
  expect(await waitOf(ANA)).toBe(1);
  now += 0.5 * SECOND;
  expect(await waitOf(ANA)).toBe(0);
  expect(await waitOf(ANA)).toBe(4);
});

test("the right password is not even looked at while one has to wait", async () => {
  await guess(7, () => ANA);
  let looked = false;
  const check = () => {
    looked = true;
    return right();
  };
  expect(await waitOf(ANA, check)).toBeGreaterThan(0);
  expect(looked).toBe(false);
});

test("a day of guessing one account from one address makes few tries", async () => {
  let made = 0;
  for (; now < 24 * HOUR; now += 10 * SECOND) made += await guess(1, () => ANA);
  expect(made).toBeLessThan(120); // a try in a quarter of an hour, in the end
});

test("a thousand tries at once are no more than those one after the other", async () => {
  let checks = 0;
  const check = async () => {
    checks++;
    return Promise.resolve(null);
  };
  await Promise.all(Array.from({ length: 1000 }, () => waitOf(ANA, check)));
  expect(checks).toBe(7);
});

test("whoever comes in begins anew, and tries that were right count nothing", async () => {
  await guess(6, () => ANA);
  expect(await waitOf(ANA, right)).toBe(0);
  slept = [];
  for (let i = 0; i < 100; i++) expect(await waitOf(ANA, right)).toBe(0);
  expect(await guess(3, () => ANA)).toBe(3);
  expect(slept).toEqual([]);
});

test("a check that fails for reasons of its own counts nothing", async () => {
  const broken = () => Promise.reject(new Error("the disk is full"));
  for (let i = 0; i < 50; i++) await expect(limit.attempt(ANA, broken)).rejects.toThrow("disk");
  expect(await guess(3, () => ANA)).toBe(3);
});

test("one address that tries many accounts has to wait", async () => {
  expect(await guess(500, (i) => ({ name: `user${i}`, address: "192.0.2.1" }))).toBe(30);
});

test("all addresses of one IPv6 network are one", async () => {
  const made = await guess(500, (i) => ({ name: `user${i}`, address: `2001:db8:1:2::${(i + 1).toString(16)}` }));
  expect(made).toBe(30);
  expect(await waitOf({ name: "user0", address: "2001:db8:1:3::1" })).toBe(0);
});

test("strangers everywhere make an owner wait for some seconds, and never keep the owner out", async () => {
  await guess(5000, (i) => ({ name: "ana", address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` }));
  slept = [];
  expect(await waitOf({ name: "ana", address: "192.0.2.77" }, right)).toBe(0);
  expect(slept).toEqual([4000]);
  await guess(2, () => ({ name: "bob", address: "192.0.2.78" }));
  expect(slept).toHaveLength(1); // and nobody else
});

test("an hour without a wrong try, and all is forgotten", async () => {
  await guess(20, () => ANA);
  now += HOUR;
  slept = [];
  expect(await guess(3, () => ANA)).toBe(3);
  expect(slept).toEqual([]);
});

test("names that differ in case are one, and long ones are not kept whole", async () => {
  expect(await guess(30, (i) => ({ name: i % 2 === 0 ? "ana" : "ANA", address: "192.0.2.1" }))).toBe(7);
  expect(await guess(1, () => ({ name: "x".repeat(1e6), address: null }))).toBe(1);
});

test("no more than so many are remembered, the latest", async () => {
  limit = createLimit(100);
  await guess(7, () => ANA);
  expect(await waitOf(ANA)).toBeGreaterThan(0);
  await guess(50, (i) => ({ name: `b${i}`, address: `10.0.0.${i}` }));
  expect(await waitOf(ANA)).toBeGreaterThan(0);
  await guess(100, (i) => ({ name: `c${i}`, address: `10.0.1.${i}` }));
  expect(await waitOf(ANA)).toBe(0); // forgotten
});

test("right passwords at once are all taken, some at a time", async () => {
  let [running, most] = [0, 0];
  const check = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
    return "ana";
  };
  const waits = await Promise.all(Array.from({ length: 60 }, () => waitOf(ANA, check)));
  expect(waits).toEqual(Array.from({ length: 60 }, () => 0));
  expect(most).toBe(4);
  expect(slept).toEqual([]);
});

test("a right password among wrong ones at once is not kept out by those that are not made yet", async () => {
  const tries = [wrong, wrong, right, wrong, wrong, right].map((check) => waitOf(ANA, check));
  expect(await Promise.all(tries)).toEqual([0, 0, 0, 0, 0, 0]);
});

/** Tries that sleep until they are told to wake, from as many addresses as there are. */
async function holdTries(addresses: readonly string[]) {
  const wake: (() => void)[] = [];
  const sleep = () => new Promise<void>((resolve) => wake.push(resolve));
  limit = createGuessLimit({ now: () => now, sleep });
  for (let i = 0; i < 10; i++) await limit.attempt({ name: "ana", address: `10.99.${i}.1` }, wrong);
  const waits = addresses.map((address) => waitOf({ name: "ana", address }));
  await flush();
  return { wake, waits };
}

async function flush(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

const flood = (count: number) => Array.from({ length: count }, (_, i) => `2001:db8:1:${(i % 250).toString(16)}::1`);

test("one network holds no more than its places, and an owner elsewhere comes in while it does", async () => {
  const { wake, waits } = await holdTries(flood(1000));
  expect(wake).toHaveLength(20);
  const refused = await Promise.all(waits.map((wait) => Promise.race([wait, Promise.resolve("held")])));
  expect(refused.filter((wait) => wait === "held")).toHaveLength(200);
  const owner = waitOf({ name: "ana", address: "2001:db8:2::1" }, right);
  await flush();
  expect(wake).toHaveLength(21);
  wake[20]();
  expect(await owner).toBe(0);
});

test("who did nothing wrong waits for a turn behind those of the same network, and has it", async () => {
  const { wake, waits } = await holdTries(flood(130));
  let isDone = false;
  const owner = waitOf({ name: "ana", address: "2001:db8:1:ffff::1" }, right).finally(() => (isDone = true));
  for (let woken = 0; !isDone && woken <= 131; woken++) {
    wake[woken]?.();
    await flush();
  }
  expect(await owner).toBe(0);
  expect(await Promise.all(waits)).toEqual(waits.map(() => 0));
});

test("guessing from all networks of one site is slowed, and refused where it goes on", async () => {
  const from = (i: number) => ({ name: `user${i}`, address: `2001:db8:1:${(i % 1000).toString(16)}::1` });
  await guess(150, from);
  expect(slept.length).toBeGreaterThan(40);
  expect(await waitOf({ name: "eva", address: "2001:db8:1:ffff::1" }, right)).toBe(0); // nothing wrong from there
  expect(slept.at(-1)).toBe(4000);
  expect(await guess(50, (i) => ({ name: `eve${i}`, address: "2001:db8:1:fffe::1" }))).toBe(4);
  slept = [];
  expect(await waitOf({ name: "eva", address: "2001:db8:2::1" }, right)).toBe(0);
  expect(slept).toEqual([]);
});

test("no more than so many passwords are looked at, at a time", async () => {
  let [running, most] = [0, 0];
  const check = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
    return "x";
  };
  const guessers = Array.from({ length: 300 }, (_, i) => ({ name: `user${i}`, address: `10.0.${i}.1` }));
  const waits = await Promise.all(guessers.map((guesser) => waitOf(guesser, check)));
  expect(Math.max(...waits)).toBe(0);
  expect(most).toBe(50);
});
