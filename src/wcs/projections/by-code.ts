import { makeBon, makePco } from "./polyconic.ts";
import { makeCod, makeCoe, makeCoo, makeCop } from "./conic.ts";
import { makeCar, makeCea, makeCyp, makeMer } from "./cylindrical.ts";
import { makeHpx, makeXph } from "./healpix.ts";
import { makeAzp, makeSin, makeStg, makeSzp, makeTan } from "./perspective.ts";
import type { MakeProjection } from "./projection.ts";
import { makeAit, makeMol, makePar, makeSfl } from "./pseudo-cylindrical.ts";
import { makeCsc, makeQsc, makeTsc } from "./quad-cube.ts";
import { makeAir, makeArc, makeZea, makeZpn } from "./zenithal.ts";

/** Every projection of the FITS WCS papers by its three-letter code. */
export const PROJECTIONS: ReadonlyMap<string, MakeProjection> = new Map([
  ["AZP", makeAzp],
  ["SZP", makeSzp],
  ["TAN", makeTan],
  ["STG", makeStg],
  ["SIN", makeSin],
  ["ARC", makeArc],
  ["ZPN", makeZpn],
  ["ZEA", makeZea],
  ["AIR", makeAir],
  ["CYP", makeCyp],
  ["CEA", makeCea],
  ["CAR", makeCar],
  ["MER", makeMer],
  ["SFL", makeSfl],
  ["PAR", makePar],
  ["MOL", makeMol],
  ["AIT", makeAit],
  ["COP", makeCop],
  ["COE", makeCoe],
  ["COD", makeCod],
  ["COO", makeCoo],
  ["BON", makeBon],
  ["PCO", makePco],
  ["TSC", makeTsc],
  ["CSC", makeCsc],
  ["QSC", makeQsc],
  ["HPX", makeHpx],
  ["XPH", makeXph],
]);
