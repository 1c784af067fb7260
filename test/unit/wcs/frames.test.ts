import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { separationDegrees } from "../../../src/sky/separation.ts";
import { frameToIcrs } from "../../../src/wcs/frames.ts";
import type { CelestialFrame, FrameConversion } from "../../../src/wcs/frames.ts";

type Truth = { frames: { frame: CelestialFrame; points: [number, number, number, number][] }[] };
const truth = JSON.parse(
  readFileSync(new URL("../../fixtures/wcs-distortion/frames.json", import.meta.url), "utf8"),
) as Truth;

function conversion(frame: CelestialFrame): FrameConversion {
  const found = frameToIcrs(frame);
  if (found === null) throw new Error(`no conversion of ${frame.system}`);
  return found;
}

describe.each(truth.frames.map(({ frame, points }) => [JSON.stringify(frame), frame, points] as const))(
  "%s",
  (_name, frame, points) => {
    test("reaches ICRS where astropy does, within 1e-9 degree", () => {
      const { toIcrs } = conversion(frame);
      const worst = Math.max(
        ...points.map(([lon, lat, raDegrees, decDegrees]) =>
          separationDegrees(toIcrs(lon, lat), { raDegrees, decDegrees }),
        ),
      );
      expect(worst).toBeLessThan(1e-9);
    });

    test("leads back to where it came from", () => {
      const { toIcrs, fromIcrs } = conversion(frame);
      for (const [lon, lat] of points) {
        const { lonDegrees, latDegrees } = fromIcrs(toIcrs(lon, lat));
        const back = { raDegrees: lonDegrees, decDegrees: latDegrees };
        expect(separationDegrees(back, { raDegrees: lon, decDegrees: lat })).toBeLessThan(1e-12);
      }
    });
  },
);

test("ICRS is left as it is", () => {
  const { toIcrs, fromIcrs } = conversion({ system: "ICRS" });
  expect(toIcrs(370, -12.5)).toEqual({ raDegrees: 10, decDegrees: -12.5 });
  expect(fromIcrs({ raDegrees: 10, decDegrees: -12.5 })).toEqual({ lonDegrees: 10, latDegrees: -12.5 });
});

test("a native frame has no ICRS", () => {
  expect(frameToIcrs({ system: "native" })).toBeNull();
});

test("years that the precession models do not cover are refused", () => {
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(NaN, Infinity, -Infinity, 0, 1e300), fc.double({ min: 3001 })), (equinox) => {
      for (const system of ["FK5", "FK4", "ECLIPTIC"] as const) {
        expect(() => frameToIcrs({ system, equinox })).toThrow("equinox");
      }
    }),
  );
});
