import { describe, expect, it } from "vitest";
import { ServiceError } from "../../../src/errors.ts";
import { cosDegrees, makeRotation, sinDegrees, wrap360 } from "../../../src/wcs/native.ts";

const radians = Math.PI / 180;
const zenithal = { phi0: 0, theta0: 90, lonPole: undefined, latPole: 90 };
const cylindrical = { phi0: 0, theta0: 0, lonPole: undefined, latPole: 90 };

describe("the turn between native sphere and sky", () => {
  it("puts the native pole of a zenithal projection on CRVAL", () => {
    const rotation = makeRotation({ ...zenithal, lon0: 123.4, lat0: -56.7 });
    const [lon, lat] = rotation.toCelestial(1.234, 90 * radians);
    expect(lon).toBeCloseTo(123.4, 12);
    expect(lat).toBeCloseTo(-56.7, 12);
  });

  it("puts the celestial pole at native longitude LONPOLE and latitude CRVAL2", () => {
    const rotation = makeRotation({ ...zenithal, lon0: 123.4, lat0: 30, lonPole: 150 });
    const [phi, theta] = rotation.toNative(77, 90);
    expect(phi / radians).toBeCloseTo(150, 10);
    expect(theta / radians).toBeCloseTo(30, 12);
  });

  it("is exact where it only turns longitudes", () => {
    const rotation = makeRotation({ ...cylindrical, lon0: 180, lat0: 0 });
    expect(rotation.toNative(180, 0)).toEqual([0, 0]);
    expect(rotation.toNative(0, 90).map(Math.abs)).toEqual([Math.PI, Math.PI / 2]);
    expect(rotation.toCelestial(0, 0)).toEqual([180, 0]);
  });

  it("puts the fiducial point of an oblique projection on CRVAL", () => {
    for (const [lon0, lat0, lonPole] of [
      [10, 20, undefined],
      [200, -65, undefined],
      [300, 25, 40],
      [0, 45, 315],
    ] as const) {
      const rotation = makeRotation({ ...cylindrical, lon0, lat0, lonPole });
      const [lon, lat] = rotation.toCelestial(0, 0);
      expect(Math.cos((lon - lon0) * radians)).toBeCloseTo(1, 12);
      expect(lat).toBeCloseTo(lat0, 10);
    }
  });

  it("takes of two possible poles the one nearer to LATPOLE", () => {
    const oblique = { ...cylindrical, lon0: 0, lat0: 30 };
    const latitudeOfPole = (latPole: number) => makeRotation({ ...oblique, latPole }).toCelestial(0, 90 * radians)[1];
    expect(latitudeOfPole(90)).toBeCloseTo(60, 12);
    expect(latitudeOfPole(-90)).toBeCloseTo(-60, 12);
    const either = { ...cylindrical, lon0: 0, lat0: 0, lonPole: 90 };
    expect(makeRotation({ ...either, latPole: 25 }).toCelestial(0, 90 * radians)[1]).toBeCloseTo(25, 12);
  });

  it("refuses keywords that no pole satisfies", () => {
    const impossible = { ...cylindrical, lon0: 0, lat0: -20, lonPole: 80 };
    expect(() => makeRotation(impossible)).toThrow(ServiceError);
    expect(() => makeRotation({ ...zenithal, lon0: 0, lat0: 91 })).toThrow(/LATPOLE/);
  });

  it("ends for LONPOLE and CRVAL of any size", () => {
    const [lon, lat] = makeRotation({ ...zenithal, lon0: 1e300, lat0: 5, lonPole: -1e300 }).toCelestial(1, 1);
    expect(lon).toBeGreaterThanOrEqual(0);
    expect(lon).toBeLessThan(360);
    expect(Math.abs(lat)).toBeLessThanOrEqual(90);
  });
});

describe("angles in degrees", () => {
  it("have exact sines and cosines at right angles", () => {
    expect([0, 90, 180, 270, -90, -180].map(cosDegrees)).toEqual([1, 0, -1, 0, 0, -1]);
    expect([0, 90, 180, 270, -90].map((angle) => sinDegrees(angle) + 0)).toEqual([0, 1, 0, -1, -1]);
  });

  it("are brought into [0, 360), never to 360 itself", () => {
    expect([0, 360, -10, 725, -1e-20].map(wrap360)).toEqual([0, 0, 350, 5, 0]);
  });
});
