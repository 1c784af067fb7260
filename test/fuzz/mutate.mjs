// Changes that files suffer, and that an attacker would choose.

import { Buffer } from "node:buffer";

const CARD = 80;
const BLOCK = 2880;
const NUMBERS = [
  "0",
  "1",
  "-1",
  "2",
  "7",
  "32767",
  "-32768",
  "65536",
  "2147483647",
  "4294967296",
  "9007199254740993",
  "1e308",
  "-1e-320",
  "nan",
];

const CHANGES = [
  changeBits,
  changeBits,
  setBytes,
  replaceNumber,
  replaceNumber,
  replaceNumber,
  deleteCard,
  swapCards,
  truncate,
  repeatBlock,
];

/** A changed copy of `bytes`; `below(n)` is random in [0, n). */
export function mutate(bytes, below) {
  let changed = Buffer.from(bytes);
  for (let i = 1 + below(4); i > 0; i--) changed = CHANGES[below(CHANGES.length)](changed, below);
  return changed;
}

function changeBits(bytes, below) {
  for (let i = 1 + below(8); i > 0 && bytes.length > 0; i--) bytes[below(bytes.length)] ^= 1 << below(8);
  return bytes;
}

function setBytes(bytes, below) {
  const start = below(bytes.length + 1);
  return bytes.fill([0, 255, 0x20, 0x39][below(4)], start, Math.min(bytes.length, start + 1 + below(64)));
}

/** The value of a card: sizes, offsets, codes, scales. */
function replaceNumber(bytes, below) {
  const cards = cardsWithNumbers(bytes);
  if (cards.length === 0) return bytes;
  bytes.write(NUMBERS[below(NUMBERS.length)].padStart(20), cards[below(cards.length)] + 10, "latin1");
  return bytes;
}

function deleteCard(bytes, below) {
  const at = below(Math.min(200, Math.ceil(bytes.length / CARD))) * CARD;
  return bytes.fill(0x20, at, Math.min(bytes.length, at + CARD));
}

function swapCards(bytes, below) {
  const count = Math.min(200, Math.floor(bytes.length / CARD));
  if (count < 2) return bytes;
  const [a, b] = [below(count) * CARD, below(count) * CARD];
  const card = Buffer.from(bytes.subarray(a, a + CARD));
  bytes.copy(bytes, a, b, b + CARD);
  card.copy(bytes, b);
  return bytes;
}

function truncate(bytes, below) {
  return Buffer.from(bytes.subarray(0, below(bytes.length + 1)));
}

function repeatBlock(bytes, below) {
  const at = below(Math.ceil(bytes.length / BLOCK)) * BLOCK;
  return Buffer.concat([bytes.subarray(0, at + BLOCK), bytes.subarray(at)]);
}

function cardsWithNumbers(bytes) {
  const places = [];
  for (let at = 0; at + CARD <= bytes.length && at < 400 * CARD; at += CARD) {
    if (/^[A-Z0-9_-]+ *= +[-+.0-9E]+ /.test(bytes.toString("latin1", at, at + 32))) places.push(at);
  }
  return places;
}
