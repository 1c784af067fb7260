import { constants, crc32, deflateRawSync, gzipSync, inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { kernels, runKernel, seededRandom, STATUS } from "./kernel-memory.ts";

const scratch = kernels.INFLATE_SCRATCH_BYTES.value as number;

function inflate(stream: Uint8Array, capacity: number) {
  const { result, output } = runKernel({ stream, output: capacity, scratch }, (at) =>
    kernels.inflateGzip(at.src, stream.length, at.dst, capacity, at.scratch),
  );
  return result < 0 ? { status: -result, bytes: null } : { status: STATUS.ok, bytes: output.subarray(0, result) };
}

/** RFC 1952: a member around raw DEFLATE data. */
function member(raw: Uint8Array, content: Uint8Array, flags = 0, fields: readonly Uint8Array[] = []): Uint8Array {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(content), 0);
  trailer.writeUInt32LE(content.length, 4);
  return Buffer.concat([Uint8Array.of(0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255), ...fields, raw, trailer]);
}

/** What zlib makes of raw DEFLATE data: the bytes and how much it read, or null where it refuses. */
function zlibInflate(raw: Uint8Array): { readonly bytes: Uint8Array; readonly used: number } | null {
  try {
    const { buffer, engine } = inflateRawSync(raw, { info: true }) as unknown as {
      buffer: Uint8Array;
      engine: { bytesWritten: number };
    };
    return { bytes: buffer, used: engine.bytesWritten };
  } catch {
    return null;
  }
}

/** toEqual takes seconds for long arrays. */
function expectBytes(got: Uint8Array | null, expected: Uint8Array, what = "") {
  expect(got === null ? "refused" : got.length, what).toBe(expected.length);
  expect(Buffer.compare(got!, expected), what).toBe(0);
}

const random = seededRandom(20);
const filled = (length: number, next: (i: number) => number) => Uint8Array.from({ length }, (_, i) => next(i));
const floats = (length: number) => {
  const view = new DataView(new ArrayBuffer(4 * length));
  for (let i = 0; i < length; i++) view.setFloat32(4 * i, 10 * (random() + random() + random() - 1.5));
  return new Uint8Array(view.buffer);
};
const contents: Record<string, Uint8Array> = {
  "no byte": new Uint8Array(0),
  "one byte": Uint8Array.of(7),
  zeros: new Uint8Array(100_000),
  "random bytes": filled(50_000, () => Math.floor(random() * 256)),
  "few letters": filled(30_000, () => 97 + Math.floor(random() * random() * 20)),
  "big-endian floats": floats(10_000),
  "short periods": filled(20_000, (i) => i % (1 + (Math.floor(i / 500) % 40))),
  "skewed bytes": filled(200_000, () => Math.floor(256 * random() ** 12)),
  "a geometric alphabet": filled(100_000, () => Math.min(255, Math.floor(-Math.log2(1 - random()) * 1.01))),
};

describe("what node:zlib compresses comes back", () => {
  const strategies = {
    default: constants.Z_DEFAULT_STRATEGY,
    filtered: constants.Z_FILTERED,
    Huffman: constants.Z_HUFFMAN_ONLY,
    RLE: constants.Z_RLE,
    fixed: constants.Z_FIXED,
  };
  for (const [name, content] of Object.entries(contents)) {
    for (const [strategyName, strategy] of Object.entries(strategies)) {
      test(`${name}, ${strategyName}`, () => {
        for (let level = 0; level <= 9; level++) {
          for (const memLevel of [1, 9]) {
            const stream = gzipSync(content, { level, strategy, memLevel });
            expectBytes(inflate(stream, content.length).bytes, content, `level ${level}`);
          }
        }
      });
    }
  }
});

test("blocks of several kinds follow each other", () => {
  const parts = [contents["few letters"], contents["random bytes"], contents.zeros, new Uint8Array(0)];
  const raw = parts.map((part, i) =>
    deflateRawSync(part, {
      level: [9, 0, 1, 1][i],
      strategy: i === 2 ? constants.Z_FIXED : 0,
      finishFlush: constants.Z_FULL_FLUSH,
    }),
  );
  const content = Buffer.concat(parts);
  const stream = member(Buffer.concat([...raw, deflateRawSync(new Uint8Array(0))]), content);
  expectBytes(inflate(stream, content.length).bytes, new Uint8Array(content));
});

test("every prefix of the output can be asked for", () => {
  for (const content of Object.values(contents)) {
    const stream = gzipSync(content, { level: 6 });
    const lengths = [0, 1, 2, 3, 15, 16, 17, 255, 258, 276, 277, 278, 279, 300, 4096, content.length - 1];
    for (const length of lengths) {
      if (length < 0 || length > content.length) continue;
      expectBytes(inflate(stream, length).bytes, content.slice(0, length));
    }
    expectBytes(inflate(stream, content.length + 1000).bytes, content);
  }
});

describe("the header", () => {
  const content = contents["few letters"];
  const raw = deflateRawSync(content);
  const text = (value: string) => Buffer.from(value + "\0", "latin1");
  const extra = Uint8Array.of(5, 0, 1, 2, 3, 4, 5);

  test("may carry text, extra field, name, comment and a CRC16", () => {
    const fields = [extra, text("file.fits"), text("a comment")];
    const head = Buffer.concat([Uint8Array.of(0x1f, 0x8b, 8, 31, 0, 0, 0, 0, 0, 255), ...fields]);
    const check = Buffer.alloc(2);
    check.writeUInt16LE(crc32(head) & 0xffff);
    expectBytes(inflate(member(raw, content, 31, [...fields, check]), content.length).bytes, content);
    check[0] ^= 1;
    expect(inflate(member(raw, content, 31, [...fields, check]), content.length).status).toBe(STATUS.corrupt);
  });

  test("of another kind is refused", () => {
    const broken = (at: number, value: number) => {
      const stream = Uint8Array.from(member(raw, content));
      stream[at] = value;
      return inflate(stream, content.length).status;
    };
    expect(broken(0, 0x1e)).toBe(STATUS.corrupt);
    expect(broken(1, 0x9d)).toBe(STATUS.corrupt);
    expect(broken(2, 7)).toBe(STATUS.unsupported);
    expect(broken(3, 0x20)).toBe(STATUS.unsupported);
  });
});

describe("the sum of the trailer", () => {
  /** Bytes kept as they are, written to an address that is `shift` more than a multiple of 16. */
  function inflateTo(shift: number, stream: Uint8Array, length: number): number {
    const { result } = runKernel({ stream, output: length + shift, scratch }, (at) =>
      kernels.inflateGzip(at.src, stream.length, at.dst + shift, length, at.scratch),
    );
    return result;
  }

  test("is that of node:zlib at every length and alignment", () => {
    const all = filled(5200, () => Math.floor(random() * 256));
    for (let length = 0; length <= 5200; length++) {
      const stream = gzipSync(all.subarray(0, length), { level: 0 });
      if (inflateTo(length % 17, stream, length) !== length) expect.fail(`${length} bytes`);
    }
  });

  test("is that of node:zlib for many bytes", () => {
    const all = filled(3_000_000, () => Math.floor(random() * 256));
    for (let round = 0; round < 150; round++) {
      const length = Math.floor(random() * (round < 140 ? 40_000 : all.length));
      const start = Math.floor(random() * (all.length - length));
      const stream = gzipSync(all.subarray(start, start + length), { level: 0 });
      if (inflateTo(round % 16, stream, length) !== length) expect.fail(`${length} bytes`);
    }
  });

  test("tells when a bit of stored bytes is another, wherever it is", () => {
    const content = contents["random bytes"].subarray(0, 20_000);
    const stream = Uint8Array.from(gzipSync(content, { level: 0 }));
    const first = 10 + 5;
    for (let i = 0; i < content.length; i += i < 400 || i > 15_000 ? 1 : 7) {
      stream[first + i] ^= 1 << (i & 7);
      const status = inflate(stream, content.length).status;
      stream[first + i] ^= 1 << (i & 7);
      if (status !== STATUS.corrupt) expect.fail(`byte ${i}: status ${status}`);
    }
    expectBytes(inflate(stream, content.length).bytes, content);
  });

  test("tells when deflated bytes are others of the same number", () => {
    const next = seededRandom(7);
    const content = contents["big-endian floats"].slice(0, 4000);
    const raw = deflateRawSync(content);
    let changed = 0;
    for (let round = 0; round < 500; round++) {
      const broken = Uint8Array.from(raw);
      broken[Math.floor(next() * raw.length)] ^= 1 << Math.floor(next() * 8);
      const truth = zlibInflate(broken);
      if (truth?.bytes.length !== content.length || truth.used !== raw.length) continue;
      changed++;
      expect(inflate(member(broken, content), content.length).status).toBe(STATUS.corrupt);
      expectBytes(inflate(member(broken, truth.bytes), content.length).bytes, truth.bytes);
    }
    expect(changed).toBeGreaterThan(20);
  });

  test("is not looked at where the window ends earlier", () => {
    const content = contents["random bytes"].slice(0, 1000);
    const stream = Uint8Array.from(gzipSync(content));
    stream[stream.length - 8] ^= 1;
    expect(inflate(stream, 1000).status).toBe(STATUS.corrupt);
    expectBytes(inflate(stream, 999).bytes, content.slice(0, 999));
  });
});

describe("hostile streams", () => {
  test("every truncation is noticed", () => {
    for (const name of ["few letters", "big-endian floats", "one byte", "random bytes", "no byte"]) {
      const content = contents[name].subarray(0, 3000);
      for (const level of [0, 1, 9]) {
        const stream = gzipSync(content, { level });
        for (let length = 0; length < stream.length; length++) {
          expect(inflate(stream.subarray(0, length), content.length).status).toBe(STATUS.truncated);
        }
      }
    }
  });

  test("a name without end is truncated", () => {
    const stream = Uint8Array.of(0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 255, 65, 66);
    expect(inflate(stream, 10).status).toBe(STATUS.truncated);
  });

  test("a wrong length in the trailer is corrupt", () => {
    const content = contents["few letters"];
    const stream = Uint8Array.from(gzipSync(content));
    stream[stream.length - 4] ^= 1;
    expect(inflate(stream, content.length).status).toBe(STATUS.corrupt);
  });

  test("a stream that goes on behind the length that it names is corrupt", () => {
    const content = contents["few letters"];
    const shorter = content.subarray(0, content.length - 1);
    for (const level of [0, 6]) {
      const stream = member(deflateRawSync(content, { level }), shorter);
      expect(inflate(stream, shorter.length).status).toBe(STATUS.corrupt);
    }
  });

  test("a changed bit gives what zlib makes of it, or an error where zlib sees one", () => {
    const next = seededRandom(3);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const names = Object.keys(contents);
      const content = contents[names[round % names.length]].subarray(0, 1 + Math.floor(next() * 4000));
      const strategy = round % 3 === 0 ? constants.Z_FIXED : constants.Z_DEFAULT_STRATEGY;
      const raw = Uint8Array.from(deflateRawSync(content, { level: 1 + (round % 9), strategy }));
      for (let flips = 1 + (round % 3); flips > 0; flips--) {
        const at = Math.floor(next() * Math.min(raw.length, round % 2 ? 80 : raw.length));
        raw[at] ^= 1 << Math.floor(next() * 8);
      }
      const truth = zlibInflate(raw);
      if (truth === null) refused++;
      const capacity = truth === null ? 100_000 : truth.bytes.length;
      const got = inflate(member(raw.subarray(0, truth?.used), truth?.bytes ?? content), capacity);
      if (truth !== null) expectBytes(got.bytes, truth.bytes);
      else expect(got.bytes === null || got.bytes.length === capacity).toBe(true);
    }
    expect(refused).toBeGreaterThan(500);
  });

  test("random bytes end", () => {
    const next = seededRandom(4);
    for (let round = 0; round < 5000; round++) {
      const raw = filled(Math.floor(next() * 400), () => Math.floor(next() * 256));
      if (raw.length > 0) raw[0] = (raw[0] & ~6) | (round % 3 === 0 ? 2 : 4);
      const truth = zlibInflate(raw);
      const capacity = truth === null ? 5000 : truth.bytes.length;
      const got = inflate(member(raw.subarray(0, truth?.used), truth?.bytes ?? new Uint8Array(0)), capacity);
      if (truth !== null) expectBytes(got.bytes, truth.bytes);
      else expect(got.bytes === null || got.bytes.length === capacity).toBe(true);
    }
  });
});
