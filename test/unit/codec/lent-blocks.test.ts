import { describe, expect, it } from "vitest";
import { Arena } from "../../../src/codec/arena.ts";
import { LentBlocks } from "../../../src/codec/lent-blocks.ts";

describe("LentBlocks", () => {
  it("lends memory of the arena, and takes it back once", () => {
    const arena = new Arena();
    const blocks = new LentBlocks(arena, 10_000);
    const bytes = blocks.take(5000);
    expect(bytes).toHaveLength(5000);
    expect(bytes?.buffer).toBe(arena.memory.buffer);
    expect([blocks.lentBytes, arena.allocatedBytes >= 5000]).toEqual([5000, true]);
    blocks.give(bytes ?? new Uint8Array());
    blocks.give(bytes ?? new Uint8Array());
    expect([blocks.lentBytes, arena.allocatedBytes]).toEqual([0, 0]);
  });

  it("lends no more than so many bytes at a time", () => {
    const blocks = new LentBlocks(new Arena(), 10_000);
    const first = blocks.take(6000);
    expect(blocks.take(6000)).toBeNull();
    blocks.give(first ?? new Uint8Array());
    expect(blocks.take(6000)).not.toBeNull();
  });

  it("has none where the arena is full, and passes over bytes that are not its own", () => {
    const arena = new Arena(2 * 1024 * 1024);
    const blocks = new LentBlocks(arena, 10_000_000);
    expect(blocks.take(4_000_000)).toBeNull();
    blocks.give(new Uint8Array(8));
    expect(blocks.lentBytes).toBe(0);
  });
});
