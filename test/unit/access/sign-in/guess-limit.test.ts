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

test("no more than so many tries are held at a time", async () => {
  const release: (() => void)[] = [];
  const sleep = () => new Promise<void>((resolve) => release.push(resolve));
  const holding = createGuessLimit({ now: () => now, sleep });
  const tries = Array.from({ length: 300 }, (_, i) =>
    holding.attempt({ name: "ana", address: `10.0.${i >> 8}.${i & 255}` }, wrong).catch((error: unknown) => error),
  );
  await Promise.resolve();
  expect(release).toHaveLength(100);
  for (const wake of release) wake();
  const refused = (await Promise.all(tries)).filter((end) => end instanceof ServiceError);
  expect(refused).toHaveLength(190); // ten were free
});
