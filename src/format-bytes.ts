// Amounts of bytes as people read them, in errors and on pages alike.

const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB"];

/** Decimal units, three digits: `1.25 GB`. */
export function formatBytes(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  if (unit === 0) return `${value} ${value === 1 ? "byte" : "bytes"}`;
  return `${Number(value.toPrecision(3))} ${UNITS[unit]}`;
}

/** The same, with the number itself, where one byte more or less decides: `1.25 GB (1250000001 bytes)`. */
export function formatBytesExactly(bytes: number): string {
  const text = formatBytes(bytes);
  return bytes < 1000 ? text : `${text} (${bytes} bytes)`;
}
