import { formatCard } from "./card-format.ts";
import type { Card } from "./card.ts";
import { lessInteger, parseDecimal } from "./decimal.ts";

const RECORD = /^(NAXES|AXIS\.\d+|OFFSET\.\d+)\s*:\s*(\S+)$/;

/**
 * Moves the origin of distortions that WCSLIB calls prior: functions of pixel coordinates less OFFSET, in records
 *
 *   CPDIS1 = 'TPD'   DP1 = 'NAXES: 2'   DP1 = 'AXIS.1: 1'   DP1 = 'OFFSET.1: 5000.5'
 *
 * (draft WCS Paper IV, as WCSLIB 7 reads it). OFFSET.k is of axis AXIS.k, by default k, and itself 0 by default. Those of
 * intermediate coordinates (CQDIS, DQ) do not depend on the corner. Returns the cards that change, and those to be added.
 */
export function movedDistortionRecords(
  cards: readonly Card[],
  origin: readonly number[],
): { replaced: ReadonlyMap<Card, Card>; added: readonly Card[] } {
  const replaced = new Map<Card, Card>();
  const added: Card[] = [];
  for (const [keyword, records] of recordsByKeyword(cards)) {
    const naxes = Number(records.get("NAXES")?.value ?? 0);
    for (let k = 1; k <= Math.min(naxes, origin.length); k++) {
      const pixels = origin[Number(records.get(`AXIS.${k}`)?.value ?? k) - 1] ?? 0;
      if (pixels === 0) continue;
      const offset = records.get(`OFFSET.${k}`);
      const decimal = parseDecimal(offset?.value ?? "0");
      if (decimal === undefined) continue;
      const card = formatCard(keyword, `OFFSET.${k}: ${lessInteger(decimal, pixels)}`, offset?.card.comment ?? "");
      if (offset === undefined) added.push(card);
      else replaced.set(offset.card, card);
    }
  }
  return { replaced, added };
}

type DistortionRecord = { readonly card: Card; readonly value: string };

function recordsByKeyword(cards: readonly Card[]): Map<string, Map<string, DistortionRecord>> {
  const groups = new Map<string, Map<string, DistortionRecord>>();
  for (const card of cards) {
    if (!/^DP\d+[A-Z]?$/.test(card.keyword) || typeof card.value !== "string") continue;
    const [, field, value] = RECORD.exec(card.value.trim()) ?? [];
    if (field === undefined || value === undefined) continue;
    const records = groups.get(card.keyword) ?? new Map<string, DistortionRecord>();
    groups.set(card.keyword, records);
    if (!records.has(field)) records.set(field, { card, value });
  }
  return groups;
}
