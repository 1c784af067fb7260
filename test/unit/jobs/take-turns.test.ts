import { describe, expect, it } from "vitest";
import { takeTurns, type Steps } from "../../../src/jobs/take-turns.ts";

/** Steps of so many milliseconds. */
function* work(steps: number, milliseconds: number, note: () => void): Steps<number> {
  for (let step = 0; step < steps; step++) {
    for (const until = performance.now() + milliseconds; performance.now() < until; ) continue;
    note();
    yield;
  }
  return steps;
}

describe("work in turns", () => {
  it("lets others have a turn in the middle of it, and itself do many short steps in one", async () => {
    let turns = 0;
    const turn = () => Promise.resolve(void turns++);
    expect(await takeTurns(work(10_000, 0, Boolean), turn)).toBe(10_000);
    expect(turns).toBeLessThan(1000);
    turns = 0;
    expect(await takeTurns(work(10, 11, Boolean), turn)).toBe(10);
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it("goes on beside other work, one turn of all of it in each round of the event loop", async () => {
    const order: string[] = [];
    const works = ["a", "b", "c"].map((name) => takeTurns(work(3, 11, () => order.push(name))));
    let isOver = false;
    const round = () => {
      order.push("|");
      if (!isOver) setImmediate(round);
    };
    setImmediate(round);
    await Promise.all(works);
    isOver = true;
    // Between two turns of any work everything else has had one.
    expect(order.join("")).not.toMatch(/[abc]{2}/);
    expect(order.filter((name) => name !== "|").join("")).toBe("abcabcabc");
  });

  it("fails as the work fails", async () => {
    // eslint-disable-next-line require-yield
    function* failing(): Steps<never> {
      throw new Error("It fails");
    }
    await expect(takeTurns(failing())).rejects.toThrow("It fails");
  });
});
