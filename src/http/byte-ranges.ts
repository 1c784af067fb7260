/** Bytes [start, end), counted from 0. */
export type Span = { readonly start: number; readonly end: number };

export type RangeSelection =
  | { readonly kind: "whole" }
  /** At least one, each with at least one byte, in the order asked for. */
  | { readonly kind: "parts"; readonly parts: readonly Span[] }
  | { readonly kind: "unsatisfiable" };

/** RFC 9110, section 14.1.2: `first-last`, `first-` or `-length`. */
const RANGE_SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

const MAX_PARTS = 32;

/**
 * What a GET request wants of a file with this strong ETag (RFC 9110, sections 13.1.5 and 14.2). The whole file where
 * there is no Range, where it is of another unit or makes no sense, where it asks for more parts than `maxParts` or for
 * more bytes than there are (section 14.2 lets a server ignore those), and where If-Range names another version; a date
 * there counts as another version, since two may lie within one second.
 */
export function selectRanges(
  request: Headers,
  file: { readonly byteLength: number; readonly etag: string },
  maxParts = MAX_PARTS,
): RangeSelection {
  const range = request.get("range");
  const condition = request.get("if-range");
  if (range === null || file.byteLength === 0) return { kind: "whole" };
  if (condition !== null && condition.trim() !== file.etag) return { kind: "whole" };
  const specs = parseSpecs(range);
  if (specs === null) return { kind: "whole" };
  const parts = specs.flatMap((spec) => resolveSpec(spec, file.byteLength));
  if (parts.length === 0) return { kind: "unsatisfiable" };
  const total = parts.reduce((sum, { start, end }) => sum + end - start, 0);
  if (parts.length > 1 && (parts.length > maxParts || total > file.byteLength)) return { kind: "whole" };
  return { kind: "parts", parts };
}

type RangeSpec = { readonly first: number; readonly last: number } | { readonly suffix: number };

/** null where any of them makes no sense. */
function parseSpecs(range: string): RangeSpec[] | null {
  const set = /^\s*bytes\s*=(.*)$/i.exec(range)?.[1];
  if (set === undefined) return null;
  const specs: RangeSpec[] = [];
  for (const text of set.split(",")) {
    const trimmed = text.trim();
    if (trimmed === "") continue; // an empty element of a list is none (section 5.6.1.2)
    const [matched, first, last, suffix] = RANGE_SPEC.exec(trimmed) ?? [];
    if (matched === undefined) return null;
    if (suffix !== undefined) specs.push({ suffix: Number(suffix) });
    else specs.push({ first: Number(first), last: last === "" ? Infinity : Number(last) });
    const spec = specs[specs.length - 1];
    if ("last" in spec && spec.last < spec.first) return null;
  }
  return specs.length === 0 ? null : specs;
}

/** None where the file has no byte of it. */
function resolveSpec(spec: RangeSpec, byteLength: number): Span[] {
  if ("suffix" in spec) {
    return spec.suffix === 0 ? [] : [{ start: Math.max(0, byteLength - spec.suffix), end: byteLength }];
  }
  if (spec.first >= byteLength) return [];
  return [{ start: spec.first, end: Math.min(spec.last + 1, byteLength) }];
}

export function formatContentRange({ start, end }: Span, byteLength: number): string {
  return `bytes ${start}-${end - 1}/${byteLength}`;
}

/** Several parts as one body of type multipart/byteranges (RFC 9110, section 14.6). */
export type MultipartRanges = {
  readonly mediaType: string;
  readonly byteLength: number;
  /** What goes before each part, and after the last. */
  readonly heads: readonly Uint8Array[];
  readonly tail: Uint8Array;
};

export function planMultipart(
  parts: readonly Span[],
  file: { readonly byteLength: number; readonly mediaType: string },
  boundary: string = crypto.randomUUID(),
): MultipartRanges {
  const encoder = new TextEncoder();
  const heads = parts.map((part, i) => {
    const contentRange = formatContentRange(part, file.byteLength);
    const delimiter = `${i === 0 ? "" : "\r\n"}--${boundary}\r\n`;
    return encoder.encode(`${delimiter}Content-Type: ${file.mediaType}\r\nContent-Range: ${contentRange}\r\n\r\n`);
  });
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const framing = heads.reduce((sum, head) => sum + head.length, tail.length);
  const byteLength = parts.reduce((sum, { start, end }) => sum + end - start, framing);
  return { mediaType: `multipart/byteranges; boundary=${boundary}`, byteLength, heads, tail };
}
