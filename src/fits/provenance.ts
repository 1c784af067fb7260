import { formatCard, formatCommentary } from "./card-format.ts";
import type { Card } from "./card.ts";

export type Provenance = {
  /** Program and version: "recorte 0.1.0". */
  readonly creator: string;
  /** What the pixels are of: a publisher DID, or the name of a file; no path of the archive. */
  readonly source: string;
  /** EXTNAME or number of the HDU in it. */
  readonly hdu?: string | number;
  /** The pixels of the original, from 0; written as a section from 1, first axis first. */
  readonly window?: { readonly x0: number; readonly y0: number; readonly width: number; readonly height: number };
  /** The request as it was made: "CIRCLE 36.3 -10.2 0.01". */
  readonly request?: string;
  /** UTC, ISO 8601; leave it out where the same request shall be the same bytes. */
  readonly date?: string;
  /** Lines of HISTORY. */
  readonly history?: readonly string[];
};

/** Where a cutout comes from, as cards for the end of its header. */
export function formatProvenance(provenance: Provenance): Card[] {
  const { creator, source, hdu, window, request, date, history = [] } = provenance;
  const cards = [formatCard("CUTBY", creator, "program that made this cutout")];
  if (date !== undefined) cards.push(formatCard("DATE", date, "when this cutout was made, UTC"));
  cards.push(formatCard("CUTFROM", source, "original"));
  if (hdu !== undefined) cards.push(formatCard("CUTHDU", hdu, "HDU of the original"));
  if (window !== undefined) {
    const { x0, y0, width, height } = window;
    const section = `[${x0 + 1}:${x0 + width},${y0 + 1}:${y0 + height}]`;
    cards.push(formatCard("CUTSECT", section, "pixels of the original, from 1"));
  }
  if (request !== undefined) cards.push(formatCard("CUTREQ", request, "as requested"));
  return [...cards, ...history.flatMap((line) => formatCommentary("HISTORY", line))];
}
