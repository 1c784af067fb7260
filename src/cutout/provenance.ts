import { formatCard, formatCommentary } from "../fits/card-format.ts";
import type { Card } from "../fits/card.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { Dataset } from "../surveys/dataset.ts";
import type { Plane } from "../surveys/release.ts";
import type { OpenImage } from "./open-image.ts";

export type Provenance = {
  /** null for a file that no survey has on record. */
  readonly dataset: Dataset | null;
  readonly plane: Plane;
  readonly image: OpenImage;
  readonly window: PixelWindow;
  readonly stencil: Stencil | undefined;
  /** Publisher DIDs of images whose files are not there. */
  readonly missing: readonly string[];
  readonly software: string;
  /** UTC, YYYY-MM-DD: not finer, so that a cutout stays the same bytes for a day. */
  readonly day: string;
};

/** Where the pixels of one HDU come from, and what was asked for. */
export function provenanceOf(provenance: Provenance): Card[] {
  const { window, stencil, missing } = provenance;
  const { x0, y0, width, height } = window;
  const { before, after } = lastingCards(provenance);
  const cards = [...before];
  if (stencil !== undefined) cards.push(formatCard("CUTPOS", formatStencil(stencil), "asked for, ICRS degrees"));
  // FITS sections count from 1, both ends included.
  cards.push(formatCard("CUTSEC", `[${x0 + 1}:${x0 + width},${y0 + 1}:${y0 + height}]`, "section of the original"));
  cards.push(...after);
  missing.forEach((did, i) => cards.push(formatCard(`MISS${i + 1}`, did, "image whose file is not there")));
  if (missing.length > 0) {
    cards.push(...formatCommentary("COMMENT", "Images that belong to this cutout are missing: see MISSn."));
  }
  return cards;
}

type LastingCards = { readonly key: string; readonly before: readonly Card[]; readonly after: readonly Card[] };
const LASTING = new WeakMap<OpenImage, LastingCards>();

/** The cards before and after those of the request: the same for all cutouts of an image on one day. */
function lastingCards({ dataset, plane, image, software, day }: Provenance): LastingCards {
  const key = JSON.stringify([software, day, dataset?.publisherDid, dataset?.release, plane]);
  const known = LASTING.get(image);
  if (known?.key === key) return known;
  const before = [formatCard("CUTSOFT", software, "made this cutout"), formatCard("CUTDATE", day, "UTC")];
  if (dataset !== null) {
    before.push(formatCard("CUTDID", dataset.publisherDid, "image, by publisher DID"));
    before.push(formatCard("CUTREL", dataset.release, "release"));
  }
  before.push(formatCard("CUTPLANE", plane, "what the pixels are"));
  const after = [
    formatCard("CUTFILE", baseNameOf(image.source.key), "original file"),
    formatCard("CUTHDU", image.hduIndex, "HDU of it, counted from 0"),
  ];
  const checksum = image.header.get("CHECKSUM");
  const datasum = image.header.get("DATASUM");
  if (typeof checksum === "string") after.push(formatCard("CUTCHECK", checksum, "CHECKSUM of the original image"));
  if (typeof datasum === "string") after.push(formatCard("CUTDATAS", datasum, "DATASUM of the original image"));
  const cards = { key, before, after };
  LASTING.set(image, cards);
  return cards;
}

/** As SODA's POS writes it. */
export function formatStencil(stencil: Stencil): string {
  switch (stencil.shape) {
    case "circle":
      return `CIRCLE ${stencil.center.raDegrees} ${stencil.center.decDegrees} ${stencil.radiusDegrees}`;
    case "range":
      return `RANGE ${stencil.raMinDegrees} ${stencil.raMaxDegrees} ${stencil.decMinDegrees} ${stencil.decMaxDegrees}`;
    case "polygon":
      return `POLYGON ${stencil.vertices.map(({ raDegrees, decDegrees }) => `${raDegrees} ${decDegrees}`).join(" ")}`;
    default:
      return stencil satisfies never;
  }
}

/** Clients learn the name of the file, and not where it lies. */
function baseNameOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
