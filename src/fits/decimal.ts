/** Longer numbers than any header has; it bounds the work on hostile exponents. */
const MAX_DIGITS = 200;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[EeDd]([+-]?\d{1,4}))?$/;

/** A decimal number, digit for digit: an integer and what it lies above that, so that integers are easily taken away. */
export type Decimal = {
  readonly floor: bigint;
  /** Digits after the point of number - floor; "" where it has none. */
  readonly fraction: string;
  /** The same of floor + 1 - number, where that is below 1. */
  readonly complement: string | undefined;
};

/** undefined where `text` is no decimal number of sensible size. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  if (whole + fraction === "" || Math.abs(exponent) + whole.length + fraction.length > MAX_DIGITS) return undefined;

  const decimals = Math.max(0, fraction.length - exponent);
  const zeros = "0".repeat(decimals - (fraction.length - exponent));
  const digits = (whole + fraction + zeros).padStart(decimals + 1, "0");
  const floor = BigInt(digits.slice(0, digits.length - decimals));
  const above = digits.slice(digits.length - decimals);
  if (!/[1-9]/.test(above)) return { floor: sign === "-" ? -floor : floor, fraction: above, complement: undefined };
  const below = (10n ** BigInt(decimals) - BigInt(above)).toString().padStart(decimals, "0");
  return sign === "-"
    ? { floor: -floor - 1n, fraction: below, complement: above }
    : { floor, fraction: above, complement: below };
}

/**
 * A decimal number less an integer, exactly and with as many decimals as it had: "5000.50000000000000001" less 4873 is
 * "127.50000000000000001". Always has a decimal point.
 */
export function lessInteger({ floor, fraction, complement }: Decimal, subtrahend: number): string {
  const whole = floor - BigInt(subtrahend);
  return whole < 0n && complement !== undefined ? `-${-whole - 1n}.${complement}` : `${whole}.${fraction || "0"}`;
}
