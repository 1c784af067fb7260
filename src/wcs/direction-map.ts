import { fromUnitVector } from "../sky/unit-vector.ts";
import { product } from "./rotation.ts";
import type { Matrix } from "./rotation.ts";
import { planeToPixel, skyToPixel } from "./wcs.ts";
import type { Wcs } from "./wcs.ts";

/**
 * `skyToPixel` for directions as vectors, in two steps: a turn of the sphere, which curves on it can take as a whole,
 * and the map proper, a few products and a quotient for most images. By angles each position takes a dozen
 * trigonometric functions.
 */
export type DirectionMap = {
  /** From ICRS to the frame that `toPixel` starts from; null where that is ICRS. */
  readonly turn: Matrix | null;
  /** Puts x and y of the pixel at a direction into `pixel`; false where the image does not show it. */
  readonly toPixel: (x: number, y: number, z: number, pixel: [number, number]) => boolean;
};

/** For images with a relation to ICRS. */
export function directionMapOf(wcs: Wcs): DirectionMap {
  const { byVector } = wcs.map;
  const rotation = wcs.toFrame?.rotation ?? null;
  if (byVector === null || rotation === null) {
    return {
      turn: null,
      toPixel(x, y, z, pixel) {
        const found = skyToPixel(wcs, fromUnitVector([x, y, z]));
        if (found === null) return false;
        pixel[0] = found.x;
        pixel[1] = found.y;
        return true;
      },
    };
  }
  return {
    turn: product(byVector.rotation, rotation),
    toPixel: (x, y, z, pixel) => byVector.toPlane(x, y, z, pixel) && planeToPixel(wcs, pixel),
  };
}

/** The same map; `spend` is called before each position is looked for. */
export function meteredMap({ turn, toPixel }: DirectionMap, spend: () => void): DirectionMap {
  return {
    turn,
    toPixel(x, y, z, pixel) {
      spend();
      return toPixel(x, y, z, pixel);
    },
  };
}
