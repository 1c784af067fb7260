import { describe, expect, test } from "vitest";
import { createRequestCounter } from "../../../../src/access/limits/rate-limit.ts";

function counter(maxKeys = 1000) {
  const clock = { milliseconds: 1_000_000 };
  return Object.assign(createRequestCounter({ maxKeys, now: () => clock.milliseconds }), { clock });
}

describe("requests a minute", () => {
  test("are allowed up to the limit, and those that are refused do not count", () => {
    const { take } = counter();
    for (let i = 1; i <= 5; i++) expect(take("a", 5)).toMatchObject({ isAllowed: true, used: i });
    for (let i = 0; i < 3; i++) expect(take("a", 5)).toMatchObject({ isAllowed: false, used: 5 });
    expect(take("b", 5)).toMatchObject({ isAllowed: true, used: 1 });
  });

  test("never pass the limit in any 60 seconds, whenever they come", () => {
    const { clock, take } = counter();
    const [limit, taken] = [40, [] as number[]];
    let state = 7;
    const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    for (let i = 0; i < 20_000; i++) {
      clock.milliseconds += random() < 0.01 ? random() * 30_000 : random() * 400;
      if (take("a", limit).isAllowed) taken.push(clock.milliseconds);
    }
    expect(taken.length).toBeGreaterThan(1000);
    for (let i = limit; i < taken.length; i++) expect(taken[i] - taken[i - limit]).toBeGreaterThan(60_000 - 1); // counted in milliseconds
  });

  test("that come all at once wait for no longer than the minute", () => {
    for (let part = 0; part < 1000; part += 13.7) {
      const { clock, take } = counter();
      clock.milliseconds += part;
      for (let i = 0; i < 3; i++) expect(take("a", 3)).toMatchObject({ isAllowed: true, resetSeconds: 60 });
      expect(take("a", 3)).toMatchObject({ isAllowed: false, resetSeconds: 60 });
      clock.milliseconds += 59_990;
      expect(take("a", 3)).toMatchObject({ isAllowed: false, resetSeconds: 1 });
      clock.milliseconds += 10;
      expect(take("a", 3)).toMatchObject({ isAllowed: true, used: 1 });
    }
  });

  test("that are refused are told exactly when there will be room: not a second before", () => {
    let state = 3;
    const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    for (let round = 0; round < 200; round++) {
      const { clock, take, look } = counter();
      clock.milliseconds += random() * 1000;
      let count = take("a", 20);
      while (count.isAllowed) {
        clock.milliseconds += random() * 2000;
        count = take("a", 20);
      }
      const refusedAt = clock.milliseconds;
      clock.milliseconds = refusedAt + (count.resetSeconds - 1) * 1000;
      expect(look("a", 20).isAllowed && count.resetSeconds > 1).toBe(false);
      clock.milliseconds = refusedAt + count.resetSeconds * 1000;
      expect(take("a", 20).isAllowed).toBe(true);
    }
  });

  test("of a limit that became smaller wait until there is room under the new one", () => {
    const { clock, take } = counter();
    for (let i = 0; i < 10; i++, clock.milliseconds += 1000) take("a", 10);
    const { isAllowed, resetSeconds } = take("a", 3);
    expect(isAllowed).toBe(false);
    clock.milliseconds += (resetSeconds - 1) * 1000;
    expect(take("a", 3).isAllowed).toBe(false);
    clock.milliseconds += 1000;
    expect(take("a", 3).isAllowed).toBe(true);
  });

  test("of a limit of none at all are never allowed, and of no limit always", () => {
    const { take } = counter();
    expect(take("a", 0)).toMatchObject({ isAllowed: false, used: 0 });
    for (let i = 0; i < 1000; i++) expect(take("b", Infinity).isAllowed).toBe(true);
  });
});

describe("memory", () => {
  test("holds so many clients at most, and forgets who has not asked for longest", () => {
    const bounded = counter(100);
    for (let i = 0; i < 5000; i++, bounded.clock.milliseconds += 10) bounded.take(`address ${i}`, 5);
    expect(bounded.size).toBeLessThanOrEqual(100);
    expect(bounded.look("address 4999", 5).used).toBe(1);
    expect(bounded.look("address 0", 5).used).toBe(0);
  });

  test("of who has not asked for a minute is given back as others come", () => {
    const forgetful = counter();
    for (let i = 0; i < 50; i++) forgetful.take(`address ${i}`, 5);
    forgetful.clock.milliseconds += 62_000;
    for (let i = 0; i < 20; i++) forgetful.take(`other ${i}`, 5);
    expect(forgetful.size).toBe(20);
  });
});
