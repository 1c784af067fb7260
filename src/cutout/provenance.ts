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
  const { dataset, plane, image, window, stencil, missing, software, day } = provenance;
  const { x0, y0, width, height } = window;
  const cards = [formatCard("CUTSOFT", software, "made this cutout"), formatCard("CUTDATE", day, "UTC")];
  if (dataset !== null) {
    cards.push(formatCard("CUTDID", dataset.publisherDid, "image, by publisher DID"));
    cards.push(formatCard("CUTREL", dataset.release, "release"));
  }
  cards.push(formatCard("CUTPLANE", plane, "what the pixels are"));
  if (stencil !== undefined) cards.push(formatCard("CUTPOS", formatStencil(stencil), "asked for, ICRS degrees"));
  // FITS sections count from 1, both ends included.
  cards.push(formatCard("CUTSEC", `[${x0 + 1}:${x0 + width},${y0 + 1}:${y0 + height}]`, "section of the original"));
  cards.push(formatCard("CUTFILE", baseNameOf(image.source.key), "original file"));
  cards.push(formatCard("CUTHDU", image.hduIndex, "HDU of it, counted from 0"));
  const checksum = image.header.get("CHECKSUM");
  const datasum = image.header.get("DATASUM");
  if (typeof checksum === "string") cards.push(formatCard("CUTCHECK", checksum, "CHECKSUM of the original image"));
  if (typeof datasum === "string") cards.push(formatCard("CUTDATAS", datasum, "DATASUM of the original image"));
  missing.forEach((did, i) => cards.push(formatCard(`MISS${i + 1}`, did, "image whose file is not there")));
  if (missing.length > 0) {
    cards.push(...formatCommentary("COMMENT", "Images that belong to this cutout are missing: see MISSn."));
  }
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
