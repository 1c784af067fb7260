// The polynomials of the COBE quadrilateralized spherical cube, with the constants of Paper II, section 5.6.2.

const GAMMA_STAR = 1.37484847732;
const M = 0.004869491981;
const GAMMA = -0.13161671474;
const OMEGA_1 = -0.159596235474;
const D = [0.0759196200467, -0.0217762490699] as const;
const C_00 = 0.141189631152;
const C_10 = 0.0809701286525;
const C_01 = -0.281528535557;
const C_20 = -0.178251207466;
const C_11 = 0.15384112876;
const C_02 = 0.106959469314;

/** Rows: P_0j … P_6j, the coefficients of X^2i, for each power of Y². */
const P = [
  [-0.27292696, -0.07629969, -0.22797056, 0.54852384, -0.62930065, 0.25795794, 0.02584375],
  [-0.02819452, -0.01471565, 0.48051509, -1.74114454, 1.71547508, -0.53022337],
  [0.2705816, -0.56800938, 0.30803317, 0.98938102, -0.83180469],
  [-0.6044156, 1.50880169, -0.93678576, 0.08693841],
  [0.93412077, -1.4160192, 0.33887446],
  [-0.63915306, 0.52032238],
  [0.14381585],
] as const;

/** Position along a face from the tangent-plane coordinates α (of this direction) and β: F(α, β). */
export function distortCobe(alpha: number, beta: number): number {
  const a2 = alpha * alpha;
  const b2 = beta * beta;
  const sum = C_00 + C_10 * a2 + C_01 * b2 + C_20 * a2 * a2 + C_11 * a2 * b2 + C_02 * b2 * b2;
  const cross = GAMMA + (M - GAMMA) * a2 + (1 - b2) * sum;
  const straight = OMEGA_1 - (1 - a2) * (D[0] + D[1] * a2);
  return alpha * (GAMMA_STAR + a2 * (1 - GAMMA_STAR) + b2 * (1 - a2) * cross + a2 * (1 - a2) * straight);
}

/** The tangent-plane coordinate from the position on the face: f(X, Y). */
export function correctCobe(x: number, y: number): number {
  const x2 = x * x;
  const y2 = y * y;
  let sum = 0;
  for (let j = P.length - 1; j >= 0; j--) {
    const row: readonly number[] = P[j] ?? [];
    let inner = 0;
    for (let i = row.length - 1; i >= 0; i--) inner = inner * x2 + (row[i] ?? 0);
    sum = sum * y2 + inner;
  }
  return x + x * (1 - x2) * sum;
}
