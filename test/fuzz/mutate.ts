import type { Random } from "./random.ts";

export type Mutant = { readonly bytes: Uint8Array; readonly what: string };
type Mutation = (bytes: Uint8Array, random: Random) => Mutant | null;

const BLOCK = 2880;
const CARD = 80;

/** One to four things wrong with a file; `what` says which. The file itself is not changed. */
export function mutate(file: Uint8Array, random: Random): Mutant {
  let mutant: Mutant = { bytes: file.slice(), what: "" };
  const count = random.chance(0.6) ? 1 : 1 + random.below(4);
  for (let made = 0, tried = 0; made < count && tried < 30; tried++) {
    const next = random.pick(MUTATIONS)(mutant.bytes, random);
    if (next === null) continue;
    mutant = { bytes: next.bytes, what: mutant.what === "" ? next.what : `${mutant.what}; ${next.what}` };
    made++;
  }
  return mutant;
}

// ── Where things are ─────────────────────────────────────────────────────────────────────────────────────────────────

type Place = { readonly headerStart: number; readonly cards: number; readonly dataStart: number; readonly end: number };

/** Headers, by the blocks that begin as one; what is broken is left out. */
function placesOf(bytes: Uint8Array): Place[] {
  const starts: number[] = [];
  for (let at = 0; at + CARD <= bytes.length; at += BLOCK) {
    const word = textAt(bytes, at, 8);
    if (word === "XTENSION" || word === "SIMPLE  ") starts.push(at);
  }
  return starts.flatMap((headerStart, i) => {
    const end = starts[i + 1] ?? bytes.length;
    for (let at = headerStart, cards = 0; at + CARD <= end; at += CARD, cards++) {
      if (textAt(bytes, at, 8) !== "END     ") continue;
      return [{ headerStart, cards, dataStart: Math.ceil((at + CARD) / BLOCK) * BLOCK, end }];
    }
    return [];
  });
}

function cardNumber(bytes: Uint8Array, place: Place, keyword: string): number | null {
  const at = findCard(bytes, place, keyword);
  return at === null ? null : Number.parseInt(textAt(bytes, at + 10, 20), 10);
}

function findCard(bytes: Uint8Array, { headerStart, cards }: Place, keyword: string): number | null {
  const wanted = keyword.padEnd(8);
  for (let card = 0; card < cards; card++) {
    if (textAt(bytes, headerStart + card * CARD, 8) === wanted) return headerStart + card * CARD;
  }
  return null;
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

function writeText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length && at + i < bytes.length; i++) bytes[at + i] = text.charCodeAt(i);
}

/** The value field of a fixed-format card; the comment goes. */
function writeValue(bytes: Uint8Array, at: number, value: string): void {
  const field = value.startsWith("'") ? value : value.padStart(20);
  writeText(bytes, at + 8, `= ${field}`.padEnd(72).slice(0, 72));
}

/** Tables of tiles: rows of NAXIS1 bytes, and the heap behind them. */
function tablesOf(bytes: Uint8Array): (Place & { rowsEnd: number })[] {
  return placesOf(bytes).flatMap((place) => {
    if (findCard(bytes, place, "ZIMAGE") === null) return [];
    const length = (cardNumber(bytes, place, "NAXIS1") ?? 0) * (cardNumber(bytes, place, "NAXIS2") ?? 0);
    const rowsEnd = place.dataStart + length;
    return length > 0 && rowsEnd < place.end ? [{ ...place, rowsEnd }] : [];
  });
}

// ── Blind ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const flipBits: Mutation = (bytes, random) => {
  if (bytes.length === 0) return null;
  const places: number[] = [];
  for (let left = 1 + random.below(random.chance(0.8) ? 4 : 200); left > 0; left--) {
    const at = random.below(bytes.length);
    bytes[at] ^= 1 << random.below(8);
    places.push(at);
  }
  return { bytes, what: `bits flipped at ${places.slice(0, 4).join(" ")}${places.length > 4 ? " …" : ""}` };
};

const setBytes: Mutation = (bytes, random) => {
  if (bytes.length === 0) return null;
  const at = random.below(bytes.length);
  const length = 1 + random.below(random.chance(0.7) ? 8 : 4000);
  const value = random.pick([0, 0xff, 0x7f, 0x80, 0x20, 1]);
  bytes.fill(value, at, at + length);
  return { bytes, what: `${length} bytes at ${at} set to ${value}` };
};

const truncate: Mutation = (bytes, random) => {
  const length = random.below(bytes.length + 1);
  return { bytes: bytes.slice(0, length), what: `cut off at ${length}` };
};

const moveBlocks: Mutation = (bytes, random) => {
  const count = Math.floor(bytes.length / BLOCK);
  if (count < 2) return null;
  const [a, b] = [random.below(count), random.below(count)];
  const block = (i: number) => bytes.slice(i * BLOCK, (i + 1) * BLOCK);
  switch (random.below(3)) {
    case 0: {
      const parts = [bytes.subarray(0, a * BLOCK), bytes.subarray((a + 1) * BLOCK)];
      return { bytes: join(parts), what: `block ${a} removed` };
    }
    case 1: {
      const parts = [bytes.subarray(0, b * BLOCK), block(a), bytes.subarray(b * BLOCK)];
      return { bytes: join(parts), what: `block ${a} again before block ${b}` };
    }
    default: {
      const [first, second] = [block(a), block(b)];
      bytes.set(second, a * BLOCK);
      bytes.set(first, b * BLOCK);
      return { bytes, what: `blocks ${a} and ${b} exchanged` };
    }
  }
};

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

// ── Headers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const STRUCTURE =
  /^(?:Z?NAXIS\d*|ZTILE\d|Z?BITPIX|[PG]COUNT|THEAP|TFIELDS|ZVAL\d|ZDITHER0|ZBLANK|ZSCALE|ZZERO|BLANK|BZERO|BSCALE)$/;
const SKY =
  /^(?:CRPIX\d|CRVAL\d|CDELT\d|C[DCR]\d_\d|PC\d_\d|PV\d_\d+|[AB]P?_(?:ORDER|\d_\d)|LONPOLE|LATPOLE|EQUINOX|WCSAXES|PP[OX]\d|AMD[XY]\d+|CNPIX\d)$/;
const WORDS: Readonly<Record<string, readonly string[]>> = {
  ZCMPTYPE: ["RICE_1", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS", "", "X"],
  ZQUANTIZ: ["NO_DITHER", "NONE", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2", "?"],
  TFORM: ["1PB(1)", "1QB(9)", "1PI(2)", "0PB", "1PX", "1PM", "1D", "1J", "999999999999J", "2PB", "D", "0A", "1QJ"],
  TTYPE: [
    "COMPRESSED_DATA",
    "GZIP_COMPRESSED_DATA",
    "UNCOMPRESSED_DATA",
    "ZSCALE",
    "ZZERO",
    "ZBLANK",
    "NULL_PIXEL_MASK",
  ],
  ZMASKCMP: ["RICE_1", "GZIP_1", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS"],
  ZNAME: ["BLOCKSIZE", "BYTEPIX", "SCALE", "SMOOTH"],
  XTENSION: ["IMAGE", "BINTABLE", "TABLE", "NOTHING"],
  CTYPE: [
    ..."TAN SIN ARC ZEA STG ZPN AIR AZP SZP CYP CEA CAR MER SFL PAR MOL AIT COP COE COD COO BON PCO TSC CSC QSC HPX XPH TPV TNX ZPX"
      .split(" ")
      .map((code) => `RA---${code}`),
    ..."TAN ZPN COP BON TSC HPX AZP TPV TNX ZPX SIP".split(" ").map((code) => `DEC--${code}`),
    "RA---TAN-SIP",
    "DEC--TAN-SIP",
    "GLON-AIT",
    "FREQ",
  ],
  CUNIT: ["deg", "rad", "arcsec", "parsec", ""],
  RADESYS: ["FK4", "FK5", "ICRS", "FK4-NO-E", "X"],
};

const anyNumber = (random: Random): string =>
  random.pick([
    ..."-1 0 1 2 3 7 8 16 31 32 33 64 -32 -64 100 255 256 1000 9999 10001 32767 32768 65535 65536 65537".split(" "),
    ..."1000000 16777216 536870912 2147483647 2147483648 -2147483648 4294967295 4294967296 9007199254740991".split(" "),
    ..."9007199254740993 99999999999999999999 -99999999999999999999 1e308 1e309 -1e308 1e-308 0.5 1.5 NaN T 1E400".split(
      " ",
    ),
    ..."'8' (1,2) 180 360 90 -90 89.9999999 1e10 1e-10 1e30".split(" "),
    String(Math.floor(random.next() * 2 ** random.below(54))),
    String((random.next() - 0.5) * 10 ** (random.below(40) - 20)),
  ]);

const changeNumber: Mutation = (bytes, random) => {
  const pattern = random.chance(0.65) ? STRUCTURE : SKY;
  const cards = placesOf(bytes).flatMap(({ headerStart, cards: count }) =>
    Array.from({ length: count }, (_, i) => headerStart + i * CARD).filter((at) =>
      pattern.test(textAt(bytes, at, 8).trimEnd()),
    ),
  );
  if (cards.length === 0) return null;
  const at = random.pick(cards);
  const old = textAt(bytes, at + 10, 20).trim();
  const number = Number(old);
  const near = [number + 1, number - 1, number * 2, Math.floor(number / 2), -number, number * 1000].map(String);
  const value = Number.isFinite(number) && random.chance(0.4) ? random.pick(near) : anyNumber(random);
  writeValue(bytes, at, value);
  return { bytes, what: `${textAt(bytes, at, 8).trimEnd()} at ${at} from ${old} to ${value}` };
};

const changeWord: Mutation = (bytes, random) => {
  const cards = placesOf(bytes).flatMap(({ headerStart, cards: count }) =>
    Array.from({ length: count }, (_, i) => headerStart + i * CARD).flatMap((at) => {
      const words = WORDS[textAt(bytes, at, 8).trimEnd().replace(/\d+$/, "")];
      return words === undefined ? [] : [{ at, words }];
    }),
  );
  if (cards.length === 0) return null;
  const { at, words } = random.pick(cards);
  const value = `'${random.pick(words)}'`;
  writeValue(bytes, at, value);
  return { bytes, what: `${textAt(bytes, at, 8).trimEnd()} at ${at} to ${value}` };
};

/** Writes a card over one that nobody misses, or over any. */
const addCard: Mutation = (bytes, random) => {
  const places = placesOf(bytes);
  if (places.length === 0) return null;
  const { headerStart, cards } = random.pick(places);
  const at = headerStart + random.below(cards + 1) * CARD;
  const n = 1 + random.below(4);
  const keyword = random.pick([
    ...[`ZTILE${n}`, `ZNAXIS${n}`, `NAXIS${n}`, `ZVAL${n}`, "THEAP", "ZBLANK", "ZSCALE", "PCOUNT", "GCOUNT", "BLANK"],
    ...[`PV${random.pick([1, 2])}_${random.below(40)}`, `PV2_${random.below(30)}`, `CD${random.pick([1, 2])}_${n}`],
    ...["A_ORDER", "B_ORDER", `A_${random.below(10)}_${random.below(10)}`, `AP_${random.below(10)}_0`, "AP_ORDER"],
    ...["LONPOLE", "LATPOLE", `CROTA${n}`, "EQUINOX", "GROUPS", "ZTABLE", "WCSAXES", "PLTRAH", "AMDX1"],
  ]);
  const value = anyNumber(random);
  writeText(bytes, at, keyword.padEnd(8));
  writeValue(bytes, at, value);
  return { bytes, what: `${keyword} = ${value} written at ${at}` };
};

const breakEnd: Mutation = (bytes, random) => {
  const places = placesOf(bytes);
  if (places.length === 0) return null;
  const { headerStart, cards } = random.pick(places);
  const [end, other] = [headerStart + cards * CARD, headerStart + random.below(cards + 1) * CARD];
  if (random.chance(0.5)) {
    writeText(bytes, end, "HISTORY ");
    return { bytes, what: `END at ${end} removed` };
  }
  writeText(bytes, other, "END".padEnd(CARD));
  return { bytes, what: `END at ${other}` };
};

const chainStrings: Mutation = (bytes, random) => {
  const places = placesOf(bytes);
  if (places.length === 0) return null;
  const { headerStart, cards } = random.pick(places);
  const first = random.below(Math.max(1, cards));
  const length = 1 + random.below(cards - first + 1);
  for (let i = 0; i < length; i++) {
    const at = headerStart + (first + i) * CARD;
    const text = random.chance(0.9) ? `'${"x".repeat(random.below(60))}&'` : "'no end";
    writeText(bytes, at, (i === 0 ? `LONGTEXT= ${text}` : `CONTINUE  ${text}`).padEnd(CARD));
  }
  return { bytes, what: `${length} CONTINUE cards from card ${first} of the header at ${headerStart}` };
};

const exchangeCards: Mutation = (bytes, random) => {
  const places = placesOf(bytes).filter(({ cards }) => cards > 2);
  if (places.length === 0) return null;
  const { headerStart, cards } = random.pick(places);
  const [a, b] = [random.below(cards), random.below(cards)];
  const first = bytes.slice(headerStart + a * CARD, headerStart + (a + 1) * CARD);
  const second = bytes.slice(headerStart + b * CARD, headerStart + (b + 1) * CARD);
  bytes.set(second, headerStart + a * CARD);
  if (random.chance(0.5)) bytes.set(first, headerStart + b * CARD);
  return { bytes, what: `card ${b} of the header at ${headerStart} moved or copied to ${a}` };
};

/** Image and tiles larger by the same factor: as many tiles as before, so that the lie reaches the decoders. */
const scaleTiles: Mutation = (bytes, random) => {
  const tables = tablesOf(bytes);
  if (tables.length === 0) return null;
  const table = random.pick(tables);
  const axis = 1 + random.below(random.chance(0.8) ? 2 : 4);
  const factor = random.pick([2, 3, 7, 64, 1000, 65536, 1 << 20, 0.5]);
  const what: string[] = [];
  for (const keyword of [`ZNAXIS${axis}`, `ZTILE${axis}`]) {
    const at = findCard(bytes, table, keyword);
    const before = cardNumber(bytes, table, keyword);
    if (at === null || before === null) return null;
    const after = Math.max(1, Math.floor(before * factor) - (random.chance(0.3) ? 1 : 0));
    writeValue(bytes, at, String(after));
    what.push(`${keyword} from ${before} to ${after}`);
  }
  return { bytes, what: what.join(", ") };
};

// ── Tables of tiles ──────────────────────────────────────────────────────────────────────────────────────────────────

const changeDescriptor: Mutation = (bytes, random) => {
  const tables = tablesOf(bytes);
  if (tables.length === 0) return null;
  const { dataStart, rowsEnd, end } = random.pick(tables);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Math.floor((rowsEnd - dataStart) / 4);
  if (words === 0) return null;
  const places: string[] = [];
  for (let left = 1 + random.below(random.chance(0.7) ? 2 : 50); left > 0; left--) {
    const at = dataStart + 4 * random.below(words);
    const old = view.getUint32(at);
    const value = random.pick([
      ...[0, 1, 2, 7, 8, 0x7fffffff, 0x80000000, 0xffffffff, 0x20000000, end - rowsEnd, end - rowsEnd - 1],
      ...[old + 1, old - 1, old >>> 1, old * 2, old + random.below(100), random.below(2 ** 32), random.below(1 << 16)],
    ]);
    view.setUint32(at, value);
    places.push(`${at} to ${value >>> 0}`);
  }
  return { bytes, what: `table words ${places.slice(0, 3).join(", ")}${places.length > 3 ? " …" : ""}` };
};

const changeStream: Mutation = (bytes, random) => {
  const tables = tablesOf(bytes);
  if (tables.length === 0) return null;
  const { rowsEnd, end } = random.pick(tables);
  const length = Math.min(end - rowsEnd, 1 + random.below(300));
  const at = rowsEnd + random.below(end - rowsEnd - length + 1);
  switch (random.below(5)) {
    case 0:
      bytes.fill(0, at, at + length);
      return { bytes, what: `zeros in ${length} bytes of the heap at ${at}` };
    case 1:
      bytes.fill(0xff, at, at + length);
      return { bytes, what: `ones in ${length} bytes of the heap at ${at}` };
    case 2:
      for (let i = 0; i < length; i++) bytes[at + i] = random.below(256);
      return { bytes, what: `noise in ${length} bytes of the heap at ${at}` };
    case 3: {
      const from = rowsEnd + random.below(end - rowsEnd - length + 1);
      bytes.copyWithin(at, from, from + length);
      return { bytes, what: `${length} bytes of the heap from ${from} to ${at}` };
    }
    default:
      bytes[at] ^= 1 << random.below(8);
      return { bytes, what: `a bit of the heap at ${at}` };
  }
};

const MUTATIONS: readonly Mutation[] = [
  ...[flipBits, setBytes, truncate, moveBlocks, changeWord, addCard, breakEnd, chainStrings, exchangeCards],
  ...[changeNumber, changeNumber, changeNumber, scaleTiles, scaleTiles],
  ...[changeDescriptor, changeDescriptor, changeStream, changeStream, changeStream, changeStream],
];
