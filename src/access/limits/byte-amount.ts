const UNITS: Readonly<Record<string, number>> = {
  "": 1, B: 1,
  kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12,
  KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40,
}; // prettier-ignore

/** `1048576`, `512MiB`, `1.5 GB`: a whole number of bytes; null for anything else. */
export function parseByteAmount(text: string): number | null {
  const [, amount = "", unit = ""] = /^(\d{1,16}(?:\.\d{1,6})?) ?([A-Za-z]*)$/.exec(text) ?? [];
  if (amount === "" || !Object.hasOwn(UNITS, unit)) return null;
  const bytes = Math.round(Number(amount) * UNITS[unit]);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** In the largest unit that leaves a whole number: `512MiB`. Read by `parseByteAmount`. */
export function formatByteAmount(bytes: number): string {
  const unit = ["TiB", "GiB", "MiB", "KiB"].find((name) => bytes > 0 && bytes % UNITS[name] === 0) ?? "";
  return `${bytes / UNITS[unit]}${unit}`;
}
