import { ServiceError } from "../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { CARD_BYTES, decodeLatin1 } from "./card.ts";
import { addSums, Datasum, datasumOf } from "./datasum.ts";
import type { Hdu } from "./hdu.ts";

/** "absent": the keyword is not there, or its value is empty, which means unknown. */
export type ChecksumState = "ok" | "wrong" | "absent";

export type HduVerification = {
  readonly checksum: ChecksumState;
  readonly datasum: ChecksumState;
  /** What is against the standard (FITS 4.0) though it could be read; one line each. */
  readonly problems: readonly string[];
};

const READ_BYTES = 1024 * 1024;

/** Reads an HDU once, from its first byte to its last, and checks its sums and its form. Memory: 1 MiB and the header. */
export async function verifyHdu(reader: ByteReader, hdu: Hdu, signal?: AbortSignal): Promise<HduVerification> {
  const options = signal === undefined ? {} : { signal };
  const headerLength = Math.min(hdu.dataStart, reader.byteLength) - hdu.headerStart;
  const headerBytes = await reader.read({ start: hdu.headerStart, length: headerLength }, options);
  const data = new Datasum();
  const end = Math.min(hdu.end, reader.byteLength);
  let fillIsZero = true;
  for (let start = hdu.dataStart; start < end; start += READ_BYTES) {
    if (signal?.aborted) {
      throw new ServiceError("canceled", `Stopped checking ${reader.key}`, { cause: signal.reason });
    }
    const bytes = await reader.read({ start, length: Math.min(READ_BYTES, end - start) }, options);
    data.update(bytes);
    const fill = bytes.subarray(Math.max(0, hdu.dataStart + hdu.dataLength - start));
    if (fill.some((byte) => byte !== 0)) fillIsZero = false;
  }
  const problems = headerProblems(hdu, headerBytes);
  if (hdu.end > reader.byteLength)
    problems.push(`the file ends ${hdu.end - reader.byteLength} bytes before a whole block`);
  if (!fillIsZero && hdu.kind !== "table") problems.push("the bytes after the data are not all zero");

  // The sum of a whole HDU with a right CHECKSUM is all ones, ones'-complement for zero.
  const sum = addSums(datasumOf(headerBytes), data.value);
  return {
    checksum: stateOf(hdu.header.get("CHECKSUM"), () => sum === 0xffffffff || sum === 0),
    datasum: stateOf(hdu.header.get("DATASUM"), (text) => Number(text) === data.value),
    problems,
  };
}

function stateOf(value: unknown, isRight: (text: string) => boolean): ChecksumState {
  if (value === undefined || (typeof value === "string" && value.trim() === "")) return "absent";
  // DATASUM is a string by the standard; some programs write a number.
  return (typeof value === "string" || typeof value === "number") && isRight(String(value)) ? "ok" : "wrong";
}

function headerProblems(hdu: Hdu, bytes: Uint8Array): string[] {
  const problems: string[] = [];
  const illegal = bytes.findIndex((byte) => byte < 0x20 || byte > 0x7e);
  if (illegal !== -1)
    problems.push(`card ${Math.floor(illegal / 80) + 1} has the byte ${bytes[illegal]}, which is no text`);
  const { header } = hdu;
  const first = hdu.index === 0 ? ["SIMPLE", "BITPIX", "NAXIS"] : ["XTENSION", "BITPIX", "NAXIS"];
  const axes = header.getInteger("NAXIS") ?? 0;
  const wanted = [...first, ...Array.from({ length: axes }, (_, axis) => `NAXIS${axis + 1}`)];
  if (hdu.index > 0) wanted.push("PCOUNT", "GCOUNT");
  const misplaced = wanted.findIndex((keyword, i) => header.cards[i]?.keyword !== keyword);
  if (misplaced !== -1) problems.push(`card ${misplaced + 1} is not ${wanted[misplaced]}, which has to stand there`);
  if (hdu.index === 0 && header.get("SIMPLE") !== true)
    problems.push("SIMPLE is not T: the file does not conform to FITS");

  if ((header.getInteger("BITPIX") ?? 0) < 0 && header.has("BLANK")) problems.push("BLANK is only for integers");

  const seen = new Set<string>();
  for (const { keyword, hasValue, value, valueText, raw } of header.cards) {
    if (!hasValue) continue;
    if (typeof value === "number" && /[de]/.test(valueText)) problems.push(`${keyword} has a lower-case exponent`);
    if (typeof value === "string" && !isQuoted(raw)) {
      problems.push(`${keyword} = ${valueText} is neither a number nor T or F, and has no quotes`);
    }
    if (seen.has(keyword)) problems.push(`${keyword} occurs more than once; the first counts`);
    seen.add(keyword);
    const isHierarch = raw[8] === 0x20;
    if (!isHierarch && !/^[A-Z0-9_-]+$/.test(keyword)) problems.push(`"${keyword}" is no legal keyword`);
  }
  return problems;
}

function isQuoted(raw: Uint8Array): boolean {
  const image = decodeLatin1(raw.subarray(0, CARD_BYTES));
  return image
    .slice(image.indexOf("=") + 1)
    .trimStart()
    .startsWith("'");
}
