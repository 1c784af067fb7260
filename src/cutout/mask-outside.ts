import { ServiceError } from "../errors.ts";
import type { Card } from "../fits/card.ts";
import { formatCard } from "../fits/card-format.ts";
import type { PixelRows } from "../raster/pixel-rows.ts";
import type { PixelWindow } from "../raster/pixel-window.ts";
import type { Stencil } from "../sky/stencil.ts";
import { runsByBlocks } from "./mask-outside-blocks.ts";
import { nullPixelOf } from "./mask-outside-null.ts";
import { traceOutline } from "./mask-outside-outline.ts";
import { runsByOutline, type OutsideRuns } from "./mask-outside-runs.ts";
import { createCenterTest } from "./mask-outside-center.ts";
import type { OpenImage } from "./open-image.ts";

/** Decided for one window: which of its pixels have their centre outside of a shape, and what they become. */
export type OutsideMask = {
  /** What the header of the answer says of it; one of them may be BLANK. */
  readonly cards: readonly Card[];
  /** To be called once for each pass over the pixels. */
  readonly start: () => OutsideRuns;
  /** One pixel without value, as FITS holds it. */
  readonly nullPixel: Uint8Array;
};

/**
 * Plans to take their value from the pixels whose centre lies outside the shape. "unsupported" where the image's pixels
 * cannot be without one, or its first axes are not on the sky.
 */
export function planOutsideMask(
  image: Pick<OpenImage, "name" | "wcs" | "bitpix" | "header">,
  window: PixelWindow,
  stencil: Stencil,
): OutsideMask {
  const { wcs } = image;
  if (wcs === null) {
    throw new ServiceError("unsupported", `Cannot mask ${image.name}: its first two axes are not on the sky`);
  }
  const { bytes: nullPixel, cards } = nullPixelOf(image);
  const isInside = createCenterTest(wcs, stencil);
  const outline = traceOutline(wcs, window, stencil);
  return {
    cards: [...cards, formatCard("CUTMASK", "outside", "pixels outside CUTPOS have no value")],
    nullPixel,
    start: () =>
      outline === null ? runsByBlocks(wcs, window, { stencil, isInside }) : runsByOutline(outline, window, isInside),
  };
}

/** Makes the pixels outside the shape null, in the rows' own memory (see `PixelRows`), and passes the rows on. */
export async function* maskRowsInPlace(
  rows: AsyncIterable<PixelRows> | Iterable<PixelRows>,
  { width }: PixelWindow,
  { start, nullPixel }: OutsideMask,
): AsyncGenerator<PixelRows, void, undefined> {
  const runsOf = start();
  const bytesPerPixel = nullPixel.length;
  const nulls = repeated(nullPixel, width);
  for await (const chunk of rows) {
    for (let row = 0; row < chunk.rowCount; row++) {
      const runs = runsOf(chunk.firstRow + row);
      for (let i = 0; i < runs.length; i += 2) {
        const at = (row * width + runs[i]) * bytesPerPixel;
        chunk.bytes.set(nulls.subarray(0, (runs[i + 1] - runs[i]) * bytesPerPixel), at);
      }
    }
    yield chunk;
  }
}

function repeated(pixel: Uint8Array, count: number): Uint8Array {
  const bytes = new Uint8Array(pixel.length * count);
  for (let at = 0; at < bytes.length; at += pixel.length) bytes.set(pixel, at);
  return bytes;
}
