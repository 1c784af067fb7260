/** A FITS file whose HDU 1 is one compressed tile of `width` × `height` pixels (FITS Standard 4.0, section 10.1). */
export function tiledFile(image: {
  readonly codec: string;
  readonly bitpix: number;
  readonly width: number;
  readonly height: number;
  /** By the names of their columns. */
  readonly streams: Readonly<Record<string, Uint8Array>>;
  readonly cards?: Readonly<Record<string, string | number>>;
}): Uint8Array {
  const streams = Object.entries(image.streams);
  const heap = Buffer.concat(streams.map(([, stream]) => stream));
  const row = Buffer.alloc(8 * streams.length);
  const columns: [string, string][] = [];
  let offset = 0;
  streams.forEach(([name, stream], i) => {
    row.writeUInt32BE(stream.length, 8 * i);
    row.writeUInt32BE(offset, 8 * i + 4);
    offset += stream.length;
    columns.push([`TTYPE${i + 1}`, name], [`TFORM${i + 1}`, `1PB(${stream.length})`]);
  });
  const { codec, bitpix, width, height } = image;
  const table = cards({
    XTENSION: "BINTABLE",
    BITPIX: 8,
    NAXIS: 2,
    NAXIS1: row.length,
    NAXIS2: 1,
    PCOUNT: heap.length,
    GCOUNT: 1,
    TFIELDS: streams.length,
    ...Object.fromEntries(columns),
    ZIMAGE: true,
    ZCMPTYPE: codec,
    ZBITPIX: bitpix,
    ZNAXIS: 2,
    ZNAXIS1: width,
    ZNAXIS2: height,
    ZTILE1: width,
    ZTILE2: height,
    ...image.cards,
  });
  const primary = cards({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true });
  return Uint8Array.from(Buffer.concat([primary, table, toBlocks(Buffer.concat([row, heap]), 0)]));
}

function cards(values: Readonly<Record<string, string | number | boolean>>): Buffer {
  const lines = Object.entries(values).map(([keyword, value]) => {
    const text = typeof value === "string" ? `'${value.padEnd(8)}'` : value === true ? "T" : String(value);
    return `${keyword.padEnd(8)}= ${typeof value === "string" ? text : text.padStart(20)}`.padEnd(80);
  });
  return toBlocks(Buffer.from(lines.join("") + "END".padEnd(80), "latin1"), 32);
}

function toBlocks(bytes: Buffer, fill: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((2880 - (bytes.length % 2880)) % 2880, fill)]);
}
