import fc from "fast-check";
import { describe, test } from "vitest";
import { clipWindow } from "../../../src/raster/pixel-window.ts";
import type { PixelWindow } from "../../../src/raster/pixel-window.ts";
import type { IcrsPosition } from "../../../src/sky/position.ts";
import { stencilContains } from "../../../src/sky/stencil-contains.ts";
import { raSpanDegrees } from "../../../src/sky/sky-range.ts";
import { distanceToStencil } from "../../../src/sky/stencil-distance.ts";
import type { Stencil } from "../../../src/sky/stencil.ts";
import { fromUnitVector, toUnitVector } from "../../../src/sky/unit-vector.ts";
import { windowOf } from "../../../src/wcs/footprint.ts";
import { outlineOf } from "../../../src/wcs/outline.ts";
import type { OutlineCurve } from "../../../src/wcs/outline.ts";
import { pixelToSky, skyToPixel } from "../../../src/wcs/wcs.ts";
import type { Wcs } from "../../../src/wcs/wcs.ts";
import { anyPosition, convexPolygon, unit } from "../sky/arbitraries.ts";
import { ALL_SKY, imageHeader, wcsOf } from "./footprint-headers.ts";
import { range } from "../sky/shapes.ts";

/**
 * The box of all pixels at whose centre (or at a finer grid of `parts` a pixel) the sky is `inside`, by looking at
 * every pixel of the image.
 */
function bruteWindow(wcs: Wcs, inside: (sky: IcrsPosition) => boolean, { parts = 1 } = {}): PixelWindow | null {
  const [width = 0, height = 0] = wcs.shape;
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x >= x0 && x <= x1 && y >= y0 && y <= y1) continue;
      for (let k = 0; k < parts * parts; k++) {
        const dx = ((k % parts) + 0.5) / parts - 0.5;
        const dy = (Math.floor(k / parts) + 0.5) / parts - 0.5;
        const sky = pixelToSky(wcs, x + dx, y + dy);
        if (sky === null || !inside(sky)) continue;
        [x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)];
        break;
      }
    }
  }
  return x1 < x0 || y1 < y0 ? null : { x0, y0, width: x1 - x0 + 1, height: y1 - y0 + 1 };
}

function positionAt({ center, u, v, sweep }: OutlineCurve, t: number): IcrsPosition {
  const [cosine, sine] = [Math.cos(t * sweep), Math.sin(t * sweep)];
  const [x, y, z] = center.map((middle, k) => middle + cosine * u[k] + sine * v[k]) as [number, number, number];
  return fromUnitVector([x, y, z]);
}

/** The box of the pixels of many points of the outline. */
function densePoints(wcs: Wcs, stencil: Stencil): PixelWindow | null {
  const [width = 0, height = 0] = wcs.shape;
  let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const curve of outlineOf(stencil)) {
    for (let i = 0; i <= 1000; i++) {
      const pixel = skyToPixel(wcs, positionAt(curve, i / 1000));
      if (pixel === null) continue;
      const [x, y] = [Math.round(pixel.x), Math.round(pixel.y)];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      [x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)];
    }
  }
  return clipWindow({ x0, y0, width: x1 - x0 + 1, height: y1 - y0 + 1 }, { width, height });
}

function unionOf(a: PixelWindow | null, b: PixelWindow | null): PixelWindow | null {
  if (a === null || b === null) return a ?? b;
  const [x0, y0] = [Math.min(a.x0, b.x0), Math.min(a.y0, b.y0)];
  const [x1, y1] = [Math.max(a.x0 + a.width, b.x0 + b.width), Math.max(a.y0 + a.height, b.y0 + b.height)];
  return { x0, y0, width: x1 - x0, height: y1 - y0 };
}

function holds(outer: PixelWindow, inner: PixelWindow, slack = 0): boolean {
  return (
    outer.x0 - slack <= inner.x0 &&
    outer.y0 - slack <= inner.y0 &&
    outer.x0 + outer.width + slack >= inner.x0 + inner.width &&
    outer.y0 + outer.height + slack >= inner.y0 + inner.height
  );
}

function describeWindow(window: PixelWindow | null): string {
  return window === null ? "none" : `${window.x0},${window.y0} ${window.width}×${window.height}`;
}

/** Shapes of every size anywhere, the borders not on round numbers. */
function shapesNear(center: IcrsPosition, maxRadius: number): fc.Arbitrary<Stencil> {
  const near = fc.tuple(unit(), unit()).map(([u, v]) => ({
    raDegrees:
      (center.raDegrees +
        ((u - 0.5) * 3 * maxRadius) / Math.max(0.05, Math.cos((center.decDegrees * Math.PI) / 180)) +
        720) %
      360,
    decDegrees: Math.max(-90, Math.min(90, center.decDegrees + (v - 0.5) * 3 * maxRadius)),
  }));
  return fc.oneof(
    fc
      .tuple(near, unit())
      .map(([p, u]): Stencil => ({ shape: "circle", center: p, radiusDegrees: maxRadius * (0.001 + u * u) })),
    fc
      .tuple(near, unit(), unit())
      .map(([p, u, v]) =>
        range(
          p.raDegrees,
          (p.raDegrees + maxRadius * u * 2) % 360,
          Math.max(-90, p.decDegrees - maxRadius * v),
          p.decDegrees,
        ),
      ),
  );
}

const anyShape: fc.Arbitrary<Stencil> = fc.oneof(
  fc
    .tuple(anyPosition, unit())
    .map(([center, u]): Stencil => ({ shape: "circle", center, radiusDegrees: 0.5 + 175 * u ** 3 })),
  convexPolygon.filter(({ radius }) => radius > 0.02).map(({ vertices }): Stencil => ({ shape: "polygon", vertices })),
  fc
    .tuple(unit(), unit(), unit(), unit())
    .map(([a, b, c, d]) =>
      range(
        a * 360,
        b < 0.1 ? a * 360 + 360 : ((a + b * b) * 360) % 360,
        Math.min(c, d) * 180 - 90,
        Math.max(c, d) * 180 - 90,
      ),
    ),
);

/** Up to 0.06 square degrees; a polygon holds half of it at most. */
function isNearlyAllSky(stencil: Stencil): boolean {
  const sine = (degrees: number) => Math.sin((degrees * Math.PI) / 180);
  if (stencil.shape === "circle") return sine(stencil.radiusDegrees / 2) ** 2 > 1 - 1.5e-6;
  if (stencil.shape === "polygon") return false;
  const { decMinDegrees, decMaxDegrees } = stencil;
  return (raSpanDegrees(stencil) / 720) * (sine(decMaxDegrees) - sine(decMinDegrees)) > 1 - 1.5e-6;
}

function checkAgainstAllPixels(wcs: Wcs, stencil: Stencil): void {
  const window = windowOf(wcs, stencil);
  const shown = `${JSON.stringify(stencil)}: window ${describeWindow(window)}`;
  const centers = bruteWindow(wcs, (sky) => stencilContains(stencil, sky));
  if (centers !== null && (window === null || !holds(window, centers))) {
    throw new Error(`${shown} misses pixels of ${describeWindow(centers)}`);
  }
  if (window === null || isNearlyAllSky(stencil)) return;
  // The fine grid may step over a narrow end of the shape: what lies within its step counts as touched.
  const distance = distanceToStencil(stencil);
  const step = (wcs.pixelScaleDegrees * Math.PI) / 180 / 3;
  const areas = bruteWindow(wcs, (sky) => distance(toUnitVector(sky)) <= step, { parts: 3 });
  const touched = unionOf(areas, densePoints(wcs, stencil));
  if (touched === null || !holds(touched, window, 1)) {
    throw new Error(`${shown} is larger than the box of the shape, ${describeWindow(touched)}`);
  }
}

describe("a window holds every pixel whose centre is in the shape, and exceeds the shape's box by one pixel at most", () => {
  test.each(Object.entries(ALL_SKY))("all-sky %s", (_name, header) => {
    const wcs = wcsOf(header);
    const property = fc.property(anyShape, (stencil) => checkAgainstAllPixels(wcs, stencil));
    fc.assert(property, { numRuns: 4, endOnFailure: true });
  });

  test.each(["TAN", "SIN", "STG", "ARC", "ZEA", "CAR", "AIT", "CEA", "SFL"])(
    "%s images of 2 degrees anywhere",
    (code) => {
      fc.assert(
        fc.property(anyPosition, fc.double({ min: 0, max: 360, noNaN: true }), fc.gen(), (center, turn, gen) => {
          const [ra, dec] = [center.raDegrees, Math.max(-89.99, Math.min(89.99, center.decDegrees))];
          const wcs = wcsOf(imageHeader({ code, width: 31, height: 24, ra, dec, scale: 0.07, turn }));
          checkAgainstAllPixels(
            wcs,
            gen(() => shapesNear(center, 1.5)),
          );
        }),
        { numRuns: 8, endOnFailure: true },
      );
    },
  );

  test.each(["TAN", "SIN", "ARC", "ZEA", "CAR", "AIT", "MOL", "CEA", "SFL", "PCO", "HPX", "TSC", "QSC"])(
    "%s images of a part of the sky, CRVAL anywhere in or beside them",
    (code) => {
      const part = fc.record({ turn: unit(), scale: unit(), x: unit(), y: unit() });
      fc.assert(
        fc.property(anyPosition, part, fc.gen(), (center, { turn, scale, x, y }, gen) => {
          const [ra, dec] = [center.raDegrees, Math.max(-89.99, Math.min(89.99, center.decDegrees))];
          const more = { CRPIX1: (x * 3 - 1) * 31, CRPIX2: (y * 3 - 1) * 24 };
          const header = { code, width: 31, height: 24, ra, dec, scale: 0.3 + 3 * scale, turn: turn * 360, more };
          checkAgainstAllPixels(
            wcsOf(imageHeader(header)),
            gen(() => shapesNear(center, 40)),
          );
        }),
        { numRuns: 8, endOnFailure: true },
      );
    },
  );
});
