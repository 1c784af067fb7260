import type { CircleStencil, PolygonStencil, RangeStencil } from "../../../src/sky/stencil.ts";
import { position } from "./arbitraries.ts";

export function circle(ra: number, dec: number, radiusDegrees: number): CircleStencil {
  return { shape: "circle", center: position(ra, dec), radiusDegrees };
}

export function range(raMin: number, raMax: number, decMin: number, decMax: number): RangeStencil {
  return { shape: "range", raMinDegrees: raMin, raMaxDegrees: raMax, decMinDegrees: decMin, decMaxDegrees: decMax };
}

export function polygon(...pairs: [number, number][]): PolygonStencil {
  return { shape: "polygon", vertices: pairs.map((pair) => position(...pair)) };
}
