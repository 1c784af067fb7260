import { formatCard, formatCardText, formatCommentary, stringCardFormatter } from "../fits/card-format.ts";
import { joinCards, type CardImages } from "../fits/card-images.ts";
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
  /** What was asked for, as `formatStencil` writes it. */
  readonly place: string | undefined;
  /** Publisher DIDs of images whose files are not there. */
  readonly missing: readonly string[];
  readonly software: string;
  /** UTC, YYYY-MM-DD: not finer, so that a cutout stays the same bytes for a day. */
  readonly day: string;
};

/** Where the pixels of one HDU come from, and what was asked for; `replaces` as `cutoutHeader` wants it. */
export function provenanceOf(provenance: Provenance): { cards: CardImages[]; replaces: string } {
  const { window, place, missing } = provenance;
  const { x0, y0, width, height } = window;
  const { before, after, keywords, keywordsAndPlace } = lastingCards(provenance);
  const cards: CardImages[] = [before];
  let replaces = place === undefined ? keywords : keywordsAndPlace;
  if (place !== undefined) cards.push(placeCard(place));
  // FITS sections count from 1, both ends included.
  cards.push(sectionCard(`[${x0 + 1}:${x0 + width},${y0 + 1}:${y0 + height}]`), after);
  for (let i = 0; i < missing.length; i++) {
    cards.push(formatCardText(`MISS${i + 1}`, missing[i], "image whose file is not there"));
    replaces += ` MISS${i + 1}`;
  }
  if (missing.length > 0) {
    cards.push(...formatCommentary("COMMENT", "Images that belong to this cutout are missing: see MISSn."));
  }
  return { cards, replaces };
}

const placeCard = stringCardFormatter("CUTPOS", "asked for, ICRS degrees");
const sectionCard = stringCardFormatter("CUTSEC", "section of the original");

/** The cards before and after those of the request: the same for all cutouts of an image on one day. */
type LastingCards = {
  readonly of: Pick<Provenance, "software" | "day" | "plane"> & {
    did: string | undefined;
    release: string | undefined;
  };
  readonly before: CardImages;
  readonly after: CardImages;
  /** Of both, and CUTSEC. */
  readonly keywords: string;
  /** The same, and CUTPOS. */
  readonly keywordsAndPlace: string;
};
const LASTING = new WeakMap<OpenImage, LastingCards>();

function lastingCards({ dataset, plane, image, software, day }: Provenance): LastingCards {
  const did = dataset?.publisherDid;
  const release = dataset?.release;
  const known = LASTING.get(image);
  if (known !== undefined && known.of.software === software && known.of.day === day && known.of.plane === plane) {
    if (known.of.did === did && known.of.release === release) return known;
  }
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
  const keywords = ["CUTSEC", ...[...before, ...after].map(({ keyword }) => keyword)].join(" ");
  const cards: LastingCards = {
    of: { software, day, plane, did, release },
    before: joinCards(before),
    after: joinCards(after),
    keywords,
    keywordsAndPlace: `${keywords} CUTPOS`,
  };
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
