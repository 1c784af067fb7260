import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Arena, ARENA_BASE } from "../../../src/codec/arena.ts";

describe("Arena", () => {
  it("never gives out the same byte twice, starts blocks on cache lines, and takes everything back", () => {
    const step = fc.oneof(
      fc.record({ allocate: fc.integer({ min: 0, max: 300_000 }) }),
      fc.record({ release: fc.nat(1000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const arena = new Arena();
        const held: { address: number; byteLength: number }[] = [];
        for (const action of steps) {
          if ("allocate" in action) {
            held.push({ address: arena.allocate(action.allocate), byteLength: action.allocate });
          } else if (held.length > 0) {
            const [block] = held.splice(action.release % held.length, 1);
            arena.release(block.address);
          }
        }
        const sorted = [...held].sort((a, b) => a.address - b.address);
        for (const [i, block] of sorted.entries()) {
          expect(block.address % 64).toBe(0);
          expect(block.address).toBeGreaterThanOrEqual(i === 0 ? ARENA_BASE : sorted[i - 1].address + 1);
          if (i > 0) expect(block.address).toBeGreaterThanOrEqual(sorted[i - 1].address + sorted[i - 1].byteLength);
          expect(block.address + block.byteLength).toBeLessThanOrEqual(arena.bytes.length);
        }
        for (const block of held) arena.release(block.address);
        expect(arena.allocatedBytes).toBe(0);
        expect(arena.allocate(1)).toBe(ARENA_BASE); // all free blocks were joined
      }),
      { numRuns: 200 },
    );
  });

  it("uses a released block again instead of growing", () => {
    const arena = new Arena();
    const first = arena.allocate(1_000_000);
    arena.allocate(64);
    arena.release(first);
    expect(arena.allocate(500_000)).toBe(first);
    expect(arena.allocate(400_000)).toBe(first + 500_032);
  });

  it("says what is full, and leaves what is there usable", () => {
    const arena = new Arena(4 << 20);
    const block = arena.allocate(1 << 20);
    expect(arena.tryAllocate(4 << 20)).toBeNull();
    expect(() => arena.allocate(4 << 20)).toThrow(/Cannot reserve 4194304 bytes/);
    arena.bytes[block] = 7;
    expect(arena.bytes[block]).toBe(7);
  });

  it("refuses to release what it did not give out, or twice", () => {
    const arena = new Arena();
    const address = arena.allocate(100);
    arena.release(address);
    expect(() => arena.release(address)).toThrow(/not in use/);
  });
});
