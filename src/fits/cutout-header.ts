import { formatReal, numberCardFormatter } from "./card-format.ts";
import type { CardImages } from "./card-images.ts";
import { cutoutHeaderTemplate, type CutoutHeaderTemplate, type TemplateOptions } from "./cutout-header-template.ts";
import { movedDistortionRecords } from "./distortion-records.ts";
import type { Header } from "./header.ts";

export type CutoutHeaderOptions = TemplateOptions & {
  /** The header of the uncompressed image: `ImageDescription.imageHeader`. */
  readonly original: Header;
  /** NAXISn of the cutout. */
  readonly shape: readonly number[];
  /** The pixel of the original, from 0, that is the cutout's first. May lie outside of it. */
  readonly window: { readonly x0: number; readonly y0: number };
  /** The same for the third axis and on; 0 where it is not given. */
  readonly planes?: readonly number[];
  /** Written last. */
  readonly provenance?: readonly CardImages[];
};

/**
 * The cards of a cutout. What still holds is copied byte for byte, in the original's order. What counts pixels from
 * the corner of the array moves with it, exactly:
 *
 *   CRPIXja       less the window's first pixel, for every axis j and alternate a: SIP, TPV, TNX and ZPX count from it
 *   LTVi          less the same (IRAF: logical = LTM × physical + LTV); written where it was not there, so that physical
 *                 pixels stay those of the original; DATASEC, TRIMSEC, CCDSEC … are sections of physical pixels and stay
 *   CNPIX1, 2     plus the same: corner of the image on the digitised plate (DSS plate solution)
 *   DPja          its OFFSET records, less the same: see distortion-records.ts
 *
 * IRAF's WAT, and PV, PS, CD, PC, CDELT do not depend on the corner. DATAMIN and DATAMAX go, as do BSCALE, BZERO, BLANK
 * where `bitpix` says that the pixels are others.
 */
export function cutoutHeader(options: CutoutHeaderOptions): CardImages[] {
  const { original, shape, window, planes = [], provenance = [] } = options;
  const origin = [window.x0, window.y0, ...planes];
  const template = cutoutHeaderTemplate(original, options);
  const distortion = template.isDistorted ? movedDistortionRecords(original.cards, origin) : NO_DISTORTION;

  const images: CardImages[] = [template.start, axesCard(String(shape.length))];
  for (let axis = 0; axis < shape.length; axis++) images.push(axisLengthCard(axis, shape[axis]));
  for (const item of template.items) {
    if (item.kind === "still") images.push(item);
    else if (item.kind === "record") images.push(distortion.replaced.get(item.card) ?? item.card);
    else {
      const pixels = origin[item.axis] ?? 0;
      images.push(pixels === 0 ? item.unmoved : item.moved(pixels));
    }
  }
  images.push(...distortion.added);
  if (origin.some((first) => first !== 0)) addMissingOrigins(images, template, origin);
  if (template.note !== undefined) images.push(template.note);
  images.push(...provenance);
  return images;
}

const NO_DISTORTION: ReturnType<typeof movedDistortionRecords> = { replaced: new Map(), added: [] };

const axesCard = numberCardFormatter("NAXIS", "number of axes");
const lengthCards: ReturnType<typeof numberCardFormatter>[] = [];

function axisLengthCard(axis: number, length: number): string {
  const format = (lengthCards[axis] ??= numberCardFormatter(`NAXIS${axis + 1}`));
  return format(String(length));
}

/** Where the first pixel is not that of the original: keywords whose default was right for that one only. */
function addMissingOrigins(images: CardImages[], template: CutoutHeaderTemplate, origin: readonly number[]): void {
  for (const { axis, card } of template.missingReferencePixels) {
    const first = origin[axis] ?? 0;
    if (first !== 0) images.push(card(formatReal(-first)));
  }
  for (let axis = 0; axis < 2; axis++) {
    if (!template.hasLtv[axis]) images.push(LTV_CARDS[axis](formatReal(0 - origin[axis])));
  }
  images.push(template.ltm);
}

const LTV_CARDS = [numberCardFormatter("LTV1"), numberCardFormatter("LTV2")];
