// Compares two ways to do the same: calls take turns, so that a slow moment of the machine meets both, and what counts
// is the ratio of their medians in one run.

/**
 * @typedef {object} Comparison
 * @property {string} name
 * @property {(request: any) => Promise<void>} ours  timed here
 * @property {(request: any) => Promise<number>} peer  resolves with its own nanoseconds
 * @property {readonly any[]} requests  the same ones, in the same order, for both
 * @property {number} [warmUps]  calls of each before the first that counts: V8 compiles hot code after some ten calls
 * @property {number} [turn]  calls of one before it is the other's turn: a process that slept 20 ms wakes up slowly
 * @property {number} [atLeast]  the ratio that must be reached
 * @property {number} [aim]  the ratio hoped for
 * @property {"wall" | "cpu"} [clock]
 */

/** @param {Comparison} comparison */
export async function compare({ name, ours, peer, requests, warmUps = 12, turn = 1, atLeast, aim, clock = "wall" }) {
  for (let i = 0; i < warmUps; i++) await ours(requests[i % requests.length]);
  for (let i = 0; i < Math.min(2, warmUps); i++) await peer(requests[i % requests.length]);
  const oursTimes = [];
  const peerTimes = [];
  for (let start = 0; start < requests.length; start += turn) {
    const few = requests.slice(start, start + turn);
    const timeOurs = async () => {
      for (const request of few) oursTimes.push(await nanosecondsOf(() => ours(request), clock));
    };
    const timePeer = async () => {
      for (const request of few) peerTimes.push(await peer(request));
    };
    // Whoever comes second finds the file's pages warm, the caches of the processor cold: take turns at that too.
    const turns = (start / turn) % 2 === 0 ? [timeOurs, timePeer] : [timePeer, timeOurs];
    for (const take of turns) await take();
  }
  const result = { ours: quantiles(oursTimes), peer: quantiles(peerTimes) };
  return { name, atLeast, aim, count: requests.length, ...result, ratio: result.peer.median / result.ours.median };
}

const CLOCKS = {
  wall: () => Number(process.hrtime.bigint()),
  /** Of all threads of this process: tells less about waiting, and is steadier on a machine that does other work. */
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) * 1000;
  },
};

export async function nanosecondsOf(call, clock) {
  const start = CLOCKS[clock]();
  await call();
  return CLOCKS[clock]() - start;
}

export function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (fraction) => {
    const place = fraction * (sorted.length - 1);
    const below = Math.floor(place);
    return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
  };
  return { p10: at(0.1), median: at(0.5), p90: at(0.9) };
}

/** Whole numbers below `limit`, the same in every run: mulberry32. */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Windows of `size` × `size` pixels anywhere in an image of `side` × `side`. */
export function randomWindows({ count, size, side, seed }) {
  const below = randomNumbers(seed);
  const width = Math.min(size, side);
  return Array.from({ length: count }, () => ({
    x0: below(side - width + 1),
    y0: below(side - width + 1),
    width,
    height: width,
  }));
}

const HEADINGS = ["case", "ours ms", "peer ms", "ratio", "at least", "aim", "reached"];

/** A table in Markdown; times are medians with their 10th and 90th percentile. */
export function formatTable(results) {
  const rows = results.map((r) => [
    r.name,
    formatTimes(r.ours),
    formatTimes(r.peer),
    r.ratio.toFixed(r.ratio < 10 ? 2 : 1),
    r.atLeast?.toString() ?? "",
    r.aim?.toString() ?? "",
    r.atLeast === undefined ? "" : r.ratio >= (r.aim ?? Infinity) ? "aim" : r.ratio >= r.atLeast ? "yes" : "**no**",
  ]);
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(" | ")} |`;
  return [line(HEADINGS), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function formatTimes({ p10, median, p90 }) {
  const ms = (nanoseconds) => (nanoseconds / 1e6).toPrecision(3);
  return `${ms(median)} (${ms(p10)}–${ms(p90)})`;
}
