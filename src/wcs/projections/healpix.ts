import type { MakeProjection, Projection } from "./projection.ts";
import { checkedNative, HALF_PI } from "./projection.ts";

const EDGE = 1e-12;

/** HEALPix (Calabretta & Roukema 2007), PV 1, 2 = H, K: facets around the equator and from equator to pole. */
export const makeHpx: MakeProjection = (parameters) => {
  const h = parameters[1] ?? 4;
  const k = parameters[2] ?? 3;
  if (!(h > 0 && k > 0)) return null;
  const halfWidth = Math.PI / h; // of a facet
  const sineLimit = (k - 1) / k; // |sin θ| at the edge of the equatorial zone
  const yLimit = (halfWidth * (k - 1)) / 2;
  const isOdd = Math.abs(Math.round(k)) % 2 === 1;

  /** The middle longitude of the polar facet at x; facets of the south are half a facet aside where K is even. */
  function facetCentre(x: number, north: boolean): number {
    const omega = isOdd || north ? 1 : 0;
    const facet = Math.floor((x + Math.PI) / (2 * halfWidth) + (1 - omega) / 2);
    return -Math.PI + (2 * Math.min(facet, omega === 1 ? h - 1 : h) + omega) * halfWidth;
  }

  return {
    phi0Degrees: 0,
    theta0Degrees: 0,
    toNative(x, y) {
      const height = Math.abs(y);
      if (height <= yLimit) return checkedNative(x, Math.asin((y / halfWidth) * (2 / k)));
      const sigma = (k + 1) / 2 - height / halfWidth;
      if (sigma < -EDGE || Math.abs(x) > Math.PI + EDGE) return null;
      const theta = HALF_PI - 2 * Math.asin(Math.max(sigma, 0) / Math.sqrt(2 * k));
      const centre = facetCentre(x, y > 0);
      if (Math.abs(x - centre) > halfWidth * sigma + EDGE) return null; // between the facets
      const phi = sigma < EDGE ? centre : centre + (x - centre) / sigma;
      return checkedNative(Math.min(Math.max(phi, centre - halfWidth), centre + halfWidth), y < 0 ? -theta : theta);
    },
    toPlane(phi, theta) {
      const sine = Math.sin(theta);
      if (Math.abs(sine) <= sineLimit) return [phi, (halfWidth * k * sine) / 2];
      const sigma = Math.sqrt(2 * k) * Math.sin((HALF_PI - Math.abs(theta)) / 2);
      const centre = facetCentre(phi, theta > 0);
      const y = halfWidth * ((k + 1) / 2 - sigma);
      return [centre + (phi - centre) * sigma, theta < 0 ? -y : y];
    },
  };
};

/** HEALPix polar, the "butterfly": the north pole in the middle, four gores of one quadrant each around it. */
export const makeXph: MakeProjection = () => XPH;

const QUADRANT = Math.PI / 4; // half of one
const POLAR_SINE = 2 / 3;

const XPH: Projection = {
  phi0Degrees: 0,
  theta0Degrees: 90,
  toNative(x, y) {
    // Turn the gore of this quadrant to lie along ξ, η: η = -2 units at the north pole … 2 at the south pole.
    const xr = x * Math.SQRT1_2;
    const yr = y * Math.SQRT1_2;
    let xi: number;
    let eta: number;
    let start: number;
    if (xr <= 0 && yr > 0) [xi, eta, start] = [-xr - yr, xr - yr, -Math.PI];
    else if (xr < 0 && yr <= 0) [xi, eta, start] = [xr - yr, xr + yr, -HALF_PI];
    else if (xr >= 0 && yr < 0) [xi, eta, start] = [xr + yr, -xr + yr, 0];
    else [xi, eta, start] = [-xr + yr, -xr - yr, HALF_PI];
    xi += QUADRANT;
    eta += HALF_PI;
    const height = Math.abs(eta);
    if (height <= QUADRANT) {
      return checkedInGore(xi, start, Math.asin(eta / ((3 / 2) * QUADRANT)));
    }
    const sigma = 2 - height / QUADRANT;
    if (sigma < -EDGE) return null;
    const theta = HALF_PI - 2 * Math.asin(Math.max(sigma, 0) / Math.sqrt(6));
    const along = sigma < EDGE ? QUADRANT : QUADRANT + (xi - QUADRANT) / sigma;
    return checkedInGore(along, start, eta < 0 ? -theta : theta);
  },
  toPlane(phi, theta) {
    const turned = phi >= Math.PI ? 0 : Math.max(phi + Math.PI, 0);
    const quadrant = Math.min(Math.floor(turned / HALF_PI), 3);
    const along = turned - quadrant * HALF_PI;
    const sine = Math.sin(theta);
    let xi: number;
    let eta: number;
    if (Math.abs(sine) <= POLAR_SINE) {
      xi = along;
      eta = (3 / 2) * QUADRANT * sine;
    } else {
      const sigma = Math.sqrt(6) * Math.sin((HALF_PI - Math.abs(theta)) / 2);
      xi = QUADRANT + (along - QUADRANT) * sigma;
      eta = QUADRANT * (2 - sigma) * Math.sign(theta);
    }
    xi -= QUADRANT;
    eta -= HALF_PI;
    const sum = (xi + eta) * Math.SQRT1_2;
    const difference = (xi - eta) * Math.SQRT1_2;
    if (quadrant === 0) return [-difference, -sum];
    if (quadrant === 1) return [sum, -difference];
    if (quadrant === 2) return [difference, sum];
    return [-sum, difference];
  },
};

/** Longitude counted from the start of a gore, which is π/2 wide. */
function checkedInGore(along: number, start: number, theta: number): readonly [number, number] | null {
  if (!(along >= -EDGE && along <= HALF_PI + EDGE)) return null;
  return checkedNative(start + Math.min(Math.max(along, 0), HALF_PI), theta);
}
