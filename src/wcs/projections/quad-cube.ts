import { correctCobe, distortCobe } from "./cobe-polynomials.ts";
import type { MakeProjection, NativePoint, Projection } from "./projection.ts";
import { checkedNative } from "./projection.ts";

/**
 * Where a direction meets the cube (Paper II, section 5.6): ξ, η along the sides of the face and ζ = 1 - depth along
 * its normal, for each face as a rotation of the direction cosines l, m, n. Faces in the plane, in units of 45°:
 *
 *   0            at (0, 2)
 *   1 2 3 4      at (0, 0) (2, 0) (4, 0) (6, 0)
 *   5            at (0, -2)
 */
type FacePoint = { readonly xi: number; readonly eta: number; readonly zeta: number };

/** Position on a face, each in [-1, 1], from the direction and back. */
type FaceMap = {
  toFace(point: FacePoint): readonly [number, number];
  fromFace(chi: number, psi: number): FacePoint;
};

const FACE_CENTRES = [
  [0, 2],
  [0, 0],
  [2, 0],
  [4, 0],
  [6, 0],
  [0, -2],
] as const;

const UNIT = Math.PI / 4; // half a face, radians
const EDGE = 1e-12;

/** Tangential spherical cube (section 5.6.1). */
export const makeTsc: MakeProjection = () =>
  cube({
    toFace: ({ xi, eta, zeta }) => [xi / zeta, eta / zeta],
    fromFace: (chi, psi) => ({ xi: chi, eta: psi, zeta: 1 }),
  });

/** COBE quadrilateralized spherical cube (section 5.6.2); its two polynomials undo each other to some arcseconds only. */
export const makeCsc: MakeProjection = () =>
  cube({
    toFace: ({ xi, eta, zeta }) => [distortCobe(xi / zeta, eta / zeta), distortCobe(eta / zeta, xi / zeta)],
    fromFace: (chi, psi) => ({ xi: correctCobe(chi, psi), eta: correctCobe(psi, chi), zeta: 1 }),
  });

/** Quadrilateralized spherical cube (section 5.6.3), equal area. */
export const makeQsc: MakeProjection = () =>
  cube({
    toFace({ xi, eta, zeta }) {
      const steep = Math.abs(eta) > Math.abs(xi);
      const along = steep ? eta : xi;
      if (along === 0) return [0, 0];
      const omega = (steep ? xi : eta) / along;
      const depth = (xi * xi + eta * eta) / (1 + zeta); // 1 - ζ, with all its digits
      const u = Math.sign(along) * Math.sqrt(depth / (1 - 1 / Math.sqrt(2 + omega * omega)));
      const angle = Math.atan(omega) - Math.asin(omega / Math.sqrt(2 * (1 + omega * omega)));
      const v = (u * angle) / (Math.PI / 12);
      return steep ? [v, u] : [u, v];
    },
    fromFace(chi, psi) {
      const steep = Math.abs(psi) > Math.abs(chi);
      const u = steep ? psi : chi;
      if (u === 0) return { xi: 0, eta: 0, zeta: 1 };
      const angle = ((steep ? chi : psi) / u) * (Math.PI / 12);
      const omega = Math.sin(angle) / (Math.cos(angle) - Math.SQRT1_2);
      const depth = u * u * (1 - 1 / Math.sqrt(2 + omega * omega));
      const along = Math.sign(u) * Math.sqrt((depth * (2 - depth)) / (1 + omega * omega));
      return steep
        ? { xi: omega * along, eta: along, zeta: 1 - depth }
        : { xi: along, eta: omega * along, zeta: 1 - depth };
    },
  });

function cube(map: FaceMap): Projection {
  return {
    phi0Degrees: 0,
    theta0Degrees: 0,
    toNative: (x, y) => fromCube(map, x / UNIT, y / UNIT),
    toPlane(phi, theta) {
      const cosTheta = Math.cos(theta);
      const l = cosTheta * Math.cos(phi);
      const m = cosTheta * Math.sin(phi);
      const n = Math.sin(theta);
      const zeta = Math.max(n, l, m, -l, -m, -n);
      const face = [n, l, m, -l, -m, -n].indexOf(zeta);
      const [chi, psi] = map.toFace(onFace(face, { l, m, n }));
      const [centreX, centreY] = FACE_CENTRES[face] ?? [0, 0];
      return [(centreX + clamp(chi)) * UNIT, (centreY + clamp(psi)) * UNIT];
    },
  };
}

/** Native coordinates of a point of the plane in units of 45°; faces 2 to 4 may also lie left of face 1. */
function fromCube(map: FaceMap, x: number, y: number): NativePoint | null {
  const inColumn = Math.abs(x) <= 1 + EDGE && Math.abs(y) <= 3 + EDGE;
  const inRow = Math.abs(x) <= 7 + EDGE && Math.abs(y) <= 1 + EDGE;
  if (!inColumn && !inRow) return null;
  const right = x < -1 - EDGE ? x + 8 : x;
  const face = right > 5 ? 4 : right > 3 ? 3 : right > 1 + EDGE ? 2 : y > 1 ? 0 : y < -1 ? 5 : 1;
  const [centreX, centreY] = FACE_CENTRES[face] ?? [0, 0];
  const { l, m, n } = offFace(face, map.fromFace(clamp(right - centreX), clamp(y - centreY)));
  return checkedNative(l === 0 && m === 0 ? 0 : Math.atan2(m, l), Math.atan2(n, Math.hypot(l, m)));
}

type Cosines = { readonly l: number; readonly m: number; readonly n: number };

/** The rotation of each face, Paper II, table 9 … and back. */
function onFace(face: number, { l, m, n }: Cosines): FacePoint {
  if (face === 0) return { xi: m, eta: -l, zeta: n };
  if (face === 1) return { xi: m, eta: n, zeta: l };
  if (face === 2) return { xi: -l, eta: n, zeta: m };
  if (face === 3) return { xi: -m, eta: n, zeta: -l };
  if (face === 4) return { xi: l, eta: n, zeta: -m };
  return { xi: m, eta: l, zeta: -n };
}

function offFace(face: number, { xi, eta, zeta }: FacePoint): Cosines {
  if (face === 0) return { l: -eta, m: xi, n: zeta };
  if (face === 1) return { l: zeta, m: xi, n: eta };
  if (face === 2) return { l: -xi, m: zeta, n: eta };
  if (face === 3) return { l: -zeta, m: -xi, n: eta };
  if (face === 4) return { l: xi, m: -zeta, n: eta };
  return { l: eta, m: xi, n: -zeta };
}

function clamp(value: number): number {
  return Math.min(Math.max(value, -1), 1);
}
