import { axisRotation, product, transpose } from "./rotation.ts";
import type { Matrix } from "./rotation.ts";

const ARCSEC = 1 / 3600;

/**
 * Mean equator and equinox of J2000 → of a Julian year: IAU 2006 precession without frame bias,
 * by the Fukushima–Williams angles (Capitaine, Wallace and Chapront 2003; Hilton et al. 2006).
 */
export function precessionFromJ2000(julianYear: number): Matrix {
  return product(biasAndPrecession(julianYear), transpose(biasAndPrecession(2000)));
}

/** ICRS → mean ecliptic and equinox of a Julian year, IAU 2006. */
export function meanEclipticFromIcrs(julianYear: number): Matrix {
  const { gamma, phi, psi } = fukushimaWilliamsAngles(julianYear);
  return product(axisRotation("z", -psi), axisRotation("x", phi), axisRotation("z", gamma));
}

/** ICRS → mean equator and equinox of the year. */
function biasAndPrecession(julianYear: number): Matrix {
  const { epsilon } = fukushimaWilliamsAngles(julianYear);
  return product(axisRotation("x", -epsilon), meanEclipticFromIcrs(julianYear));
}

/** Degrees; frame bias included. */
function fukushimaWilliamsAngles(julianYear: number) {
  const t = (julianYear - 2000) / 100;
  const arcseconds = (...coefficients: number[]) => coefficients.reduceRight((sum, c) => sum * t + c, 0) * ARCSEC;
  return {
    gamma: arcseconds(-0.052928, 10.556378, 0.4932044, -0.00031238, -0.000002788, 0.000000026),
    phi: arcseconds(84381.412819, -46.811016, 0.0511268, 0.00053289, -0.00000044, -0.0000000176),
    psi: arcseconds(-0.041775, 5038.481484, 1.5584175, -0.00018522, -0.000026452, -0.0000000148),
    epsilon: arcseconds(84381.406, -46.836769, -0.0001831, 0.0020034, -0.000000576, -0.0000000434),
  };
}
