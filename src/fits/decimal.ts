/** Longer numbers than any header has; it bounds the work on hostile exponents. */
const MAX_DIGITS = 200;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[EeDd]([+-]?\d{1,4}))?$/;

/**
 * A decimal number less an integer, exactly and with as many decimals as it had: "5000.50000000000000001" less 4873 is
 * "127.50000000000000001". Always has a decimal point. undefined where `text` is no decimal number of sensible size.
 */
export function subtractFromDecimal(text: string, subtrahend: number): string | undefined {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  if (whole + fraction === "" || Math.abs(exponent) + whole.length + fraction.length > MAX_DIGITS) return undefined;

  const decimals = Math.max(0, fraction.length - exponent);
  const digits = BigInt(whole + fraction) * 10n ** BigInt(decimals - (fraction.length - exponent));
  const difference = (sign === "-" ? -digits : digits) - BigInt(subtrahend) * 10n ** BigInt(decimals);
  const magnitude = (difference < 0n ? -difference : difference).toString().padStart(decimals + 1, "0");
  const point = magnitude.length - decimals;
  return `${difference < 0n ? "-" : ""}${magnitude.slice(0, point)}.${magnitude.slice(point) || "0"}`;
}
