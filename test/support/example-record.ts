import type { IcrsPosition } from "../../src/sky/position.ts";
import { combine, fromUnitVector, RADIANS_PER_DEGREE, tangentAxes, toUnitVector } from "../../src/sky/unit-vector.ts";
import type { ImageRecord } from "../../src/surveys/image-record.ts";

/** A square of great-circle sides about a position, `half` degrees from its centre to each side. */
export function squareAt(raDegrees: number, decDegrees: number, half: number): Pick<ImageRecord, "center" | "region"> {
  const center = { raDegrees, decDegrees };
  const middle = toUnitVector(center);
  const { east, north } = tangentAxes(middle);
  const tangent = Math.tan(half * RADIANS_PER_DEGREE);
  const corner = (x: number, y: number): IcrsPosition =>
    fromUnitVector(combine(middle, 1, combine(east, x * tangent, north, y * tangent), 1));
  return {
    center,
    region: { shape: "polygon", vertices: [corner(1, -1), corner(-1, -1), corner(-1, 1), corner(1, 1)] },
  };
}

/** An image of release "test" at RA 10, Dec 10, unless `changes` say otherwise. */
export function exampleRecord(changes: Partial<ImageRecord> & Pick<ImageRecord, "key">): ImageRecord {
  return {
    release: "test",
    root: "/archive",
    fieldName: null,
    band: null,
    dataproductType: "image",
    calibLevel: 2,
    collection: "test",
    obsId: changes.key,
    targetName: null,
    ...squareAt(10, 10, 0.5),
    fieldOfViewDegrees: 1.4,
    resolutionArcsec: null,
    pixelScaleArcsec: null,
    width: null,
    height: null,
    timeMinMjd: null,
    timeMaxMjd: null,
    exposureSeconds: null,
    timeResolutionSeconds: null,
    wavelengthMinMetres: null,
    wavelengthMaxMetres: null,
    resolvingPower: null,
    ucd: null,
    polarizations: null,
    facility: null,
    instrument: null,
    byteLength: null,
    available: true,
    planes: { image: { path: "a.fits", extname: null, hduIndex: 0 } },
    ...changes,
  };
}
