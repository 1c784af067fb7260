import type { Context } from "hono";
import { describe, expect, it } from "vitest";
import { makeInLentMemory } from "../../../src/http/answer-memory.ts";

function lender() {
  const given: Uint8Array[] = [];
  const memory = {
    take: (byteLength: number) => new Uint8Array(byteLength),
    give: (bytes: Uint8Array) => given.push(bytes),
  };
  let end: () => void = () => expect.fail("nobody listens");
  const outgoing = { onceEnded: (listener: () => void) => (end = listener) };
  return { memory, given, c: { env: { outgoing } } as unknown as Context, end: () => end() };
}

describe("makeInLentMemory", () => {
  it("keeps what was lent until the answer has ended", async () => {
    const { memory, given, c, end } = lender();
    const bytes = await makeInLentMemory(c, memory, (lend) => Promise.resolve(lend?.(8)));
    expect(bytes).toHaveLength(8);
    expect(given).toEqual([]);
    end();
    expect(given).toEqual([bytes]);
  });

  it("keeps it until nobody writes to it any more, where the client goes first", async () => {
    const { memory, given, c, end } = lender();
    let stop: () => void = () => undefined;
    const making = makeInLentMemory(c, memory, (lend) => {
      lend?.(8);
      return new Promise<never>((_, reject) => (stop = () => reject(new Error("canceled"))));
    });
    end();
    expect(given).toEqual([]);
    stop();
    await expect(making).rejects.toThrow("canceled");
    expect(given).toHaveLength(1);
  });

  it("lends nothing where no server tells of the end, or where there is nothing to lend", async () => {
    const { memory, c } = lender();
    const withoutServer = { env: {} } as unknown as Context;
    expect(await makeInLentMemory(withoutServer, memory, (lend) => Promise.resolve(lend))).toBeUndefined();
    expect(await makeInLentMemory(c, undefined, (lend) => Promise.resolve(lend))).toBeUndefined();
  });
});
