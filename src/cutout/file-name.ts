import type { IcrsPosition } from "../sky/position.ts";
import type { Stencil } from "../sky/stencil.ts";

/** `des_dr2_J022512.19-101114.9_circle60as_g.fits`: release, position, shape and size, bands. Safe in every file system. */
export function formatFileName(parts: {
  release: string;
  stencil: Stencil | undefined;
  bands: readonly string[];
  name: string;
}): string {
  const { release, stencil, bands, name } = parts;
  const place = stencil === undefined ? [name, "whole"] : describeShape(stencil);
  const words = [release, ...place, bands.join("")].filter((word) => word !== "");
  return `${words.join("_").replace(/[^A-Za-z0-9._+-]/g, "-")}.fits`;
}

const LEAST_DIGITS = 5;

/** The name of one file of several, `…_g_00012.fits`: none has that of another. One that is alone keeps its name. */
export function resultFileName(fileName: string, number: number, total: number): string {
  if (total === 1) return fileName;
  const extension = /(?:\.fits)?\.[A-Za-z0-9]{1,5}$/.exec(fileName)?.[0] ?? "";
  const digits = Math.max(LEAST_DIGITS, String(total).length);
  return `${fileName.slice(0, fileName.length - extension.length)}_${String(number).padStart(digits, "0")}${extension}`;
}

function describeShape(stencil: Stencil): string[] {
  switch (stencil.shape) {
    case "circle":
      return [formatJ(stencil.center), `circle${arcsec(stencil.radiusDegrees)}`];
    case "range": {
      const width = (stencil.raMaxDegrees - stencil.raMinDegrees + 360) % 360 || 360;
      const height = stencil.decMaxDegrees - stencil.decMinDegrees;
      const center = {
        raDegrees: (stencil.raMinDegrees + width / 2) % 360,
        decDegrees: (stencil.decMinDegrees + stencil.decMaxDegrees) / 2,
      };
      return [formatJ(center), `range${arcsec(width)}x${arcsec(height)}`];
    }
    case "polygon":
      return [formatJ(stencil.vertices[0]), `polygon${stencil.vertices.length}`];
    default:
      return stencil satisfies never;
  }
}

/** `Jhhmmss.ss±ddmmss.s`, cut off and not rounded, as the IAU wants it for names. */
export function formatJ({ raDegrees, decDegrees }: IcrsPosition): string {
  // The small term undoes the binary error of 36.30911 / 15 × 3600 before cutting.
  const ra = Math.floor((raDegrees / 15) * 360_000 + 1e-6);
  const dec = Math.floor(Math.abs(decDegrees) * 36_000 + 1e-6);
  const two = (value: number) => String(value).padStart(2, "0");
  const raText = `${two(Math.floor(ra / 360_000) % 24)}${two(Math.floor(ra / 6000) % 60)}${two(Math.floor(ra / 100) % 60)}.${two(ra % 100)}`;
  const decText = `${two(Math.floor(dec / 36_000))}${two(Math.floor(dec / 600) % 60)}${two(Math.floor(dec / 10) % 60)}.${dec % 10}`;
  return `J${raText}${decDegrees < 0 ? "-" : "+"}${decText}`;
}

function arcsec(degrees: number): string {
  return `${Number((degrees * 3600).toPrecision(6))}as`;
}
