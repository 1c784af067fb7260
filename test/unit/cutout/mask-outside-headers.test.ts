import { describe, expect, it } from "vitest";
import { planOutsideMask } from "../../../src/cutout/mask-outside.ts";
import type { PixelWindow } from "../../../src/raster/pixel-window.ts";
import { separationDegrees } from "../../../src/sky/separation.ts";
import { stencilContains } from "../../../src/sky/stencil-contains.ts";
import type { Stencil } from "../../../src/sky/stencil.ts";
import { wrapDegrees } from "../../../src/sky/unit-vector.ts";
import { imageSkyOf } from "../../../src/wcs/image-sky.ts";
import { parseWcs } from "../../../src/wcs/parse-wcs.ts";
import { pixelToSky, type Wcs } from "../../../src/wcs/wcs.ts";
import { headerOfCards, readCases } from "../wcs/wcs-truth.ts";

/** A circle, a range and a star about a place in the window; none where there is no sky. */
function shapesIn(wcs: Wcs, { x0, y0, width, height }: PixelWindow): Stencil[] {
  const at = (x: number, y: number) => pixelToSky(wcs, x0 + x * width, y0 + y * height);
  const [center, corner] = [at(0.43, 0.57), at(0.8, 0.8)];
  if (center === null || corner === null) return [];
  const size = Math.min(100, separationDegrees(center, corner));
  const { raDegrees, decDegrees } = center;
  const shapes: Stencil[] = [
    { shape: "circle", center, radiusDegrees: size * 0.7 },
    {
      shape: "range",
      raMinDegrees: wrapDegrees(raDegrees - size / 3),
      raMaxDegrees: wrapDegrees(raDegrees + size / 3),
      decMinDegrees: Math.max(-90, decDegrees - size / 3),
      decMaxDegrees: Math.min(90, decDegrees + size / 4),
    },
  ];
  const tips = Array.from({ length: 14 }, (_, i) => {
    const [radius, angle] = [i % 2 === 0 ? 0.2 : 0.45, (Math.PI * i) / 7 + 0.3];
    return at(0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle));
  });
  const vertices = tips.filter((tip) => tip !== null);
  if (vertices.length === tips.length) shapes.push({ shape: "polygon", vertices });
  return shapes;
}

// That positions are right is for test/unit/wcs to say: here, runs along an outline and each pixel by itself must agree.
describe.each(["real-headers.json", "projections.json"])("headers of %s", (file) => {
  const each = readCases(file).filter((_, i) => file.startsWith("real") || i % 4 === 0);
  it.each(each)("$name: the mask is what looking up every pixel finds", ({ cards }) => {
    const header = headerOfCards(cards);
    const wcs = parseWcs(header);
    if (wcs === null || wcs.toFrame === null) return;
    const image = imageSkyOf(wcs);
    const [width, height] = [Math.min(200, image.width), Math.min(120, image.height)];
    const window = { x0: (image.width - width) >> 1, y0: (image.height - height) >> 2, width, height };
    for (const stencil of shapesIn(wcs, window)) {
      const runsOf = planOutsideMask({ name: "image", wcs, bitpix: -32, header }, window, stencil).start();
      const wrong: string[] = [];
      for (let y = 0; y < height; y++) {
        const outside = new Uint8Array(width);
        const runs = runsOf(y);
        for (let i = 0; i < runs.length; i += 2) outside.fill(1, runs[i], runs[i + 1]);
        for (let x = 0; x < width; x++) {
          const position = pixelToSky(wcs, window.x0 + x, window.y0 + y);
          const isInside = position !== null && stencilContains(stencil, position);
          if (isInside !== (outside[x] === 0)) wrong.push(`${x},${y}`);
        }
      }
      expect([stencil.shape, wrong.slice(0, 10)]).toEqual([stencil.shape, []]);
    }
  });
});
