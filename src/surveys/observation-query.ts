import { boundingBoxOfVectors } from "../sky/bounding-box.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { Interval } from "./survey.ts";

/**
 * What to look for in the images of all surveys. Of several values any may hold, of several conditions all must; an empty
 * list is no condition. What is null in an image satisfies none (SIA 2.0, section 2.1).
 */
export type ObservationQuery = {
  /** Release ids: nothing is found outside them. */
  readonly releases: readonly string[];
  readonly stencils: readonly Stencil[];
  /** These two: images whose own interval shares a value with it. */
  readonly wavelengthMetres: readonly Interval[];
  readonly timeMjd: readonly Interval[];
  /** Those below: images whose value lies in it. */
  readonly fieldOfViewDegrees: readonly Interval[];
  readonly resolutionArcsec: readonly Interval[];
  readonly resolvingPower: readonly Interval[];
  readonly exposureSeconds: readonly Interval[];
  readonly timeResolutionSeconds: readonly Interval[];
  readonly polarizations: readonly string[];
  /** Publisher DIDs; letters of either case are the same. */
  readonly dids: readonly string[];
  readonly collections: readonly string[];
  readonly facilities: readonly string[];
  readonly instruments: readonly string[];
  readonly productTypes: readonly string[];
  readonly calibLevels: readonly number[];
  readonly targets: readonly string[];
  readonly bands: readonly string[];
};

/** A part of a WHERE clause, and the values of its names. */
export type Conditions = { readonly text: string; readonly values: Record<string, number | string> };

/** More than these go in as JSON: slower for one row, and names of values are not looked up by the thousand. */
const MAX_BOUND_INTERVALS = 8;

/** All but `stencils` and `dids`, of images whose file is there. */
export function conditionsOf(query: ObservationQuery, releaseNumbers: readonly number[]): Conditions {
  const values: Conditions["values"] = {};
  const parts = ["image.available"];
  /** SQL's name of a value. */
  const bind = (value: number | string) => {
    const name = `v${Object.keys(values).length}`;
    values[name] = value;
    return `@${name}`;
  };
  const anyOf = (column: string, wanted: readonly (string | number)[]) => {
    if (wanted.length > 0) parts.push(`${column} IN (SELECT value FROM json_each(${bind(JSON.stringify(wanted))}))`);
  };
  /** Infinite bounds compare as they should; null compares with nothing. */
  const meetsAny = (lowColumn: string, highColumn: string, intervals: readonly Interval[]) => {
    if (intervals.length === 0) return;
    if (intervals.length <= MAX_BOUND_INTERVALS) {
      const each = intervals.map(({ min, max }) => `(${highColumn} >= ${bind(min)} AND ${lowColumn} <= ${bind(max)})`);
      parts.push(`(${each.join(" OR ")})`);
      return;
    }
    const finite = intervals.map(({ min, max }) => [Math.max(min, -Number.MAX_VALUE), Math.min(max, Number.MAX_VALUE)]);
    const wanted = `SELECT 1 FROM json_each(${bind(JSON.stringify(finite))}) AS wanted`;
    parts.push(`EXISTS (${wanted} WHERE ${highColumn} >= value ->> 0 AND ${lowColumn} <= value ->> 1)`);
  };
  parts.push(`image.release_number IN (SELECT value FROM json_each(${bind(JSON.stringify(releaseNumbers))}))`);
  meetsAny("image.em_min", "image.em_max", query.wavelengthMetres);
  meetsAny("image.t_min", "image.t_max", query.timeMjd);
  meetsAny("image.s_fov", "image.s_fov", query.fieldOfViewDegrees);
  meetsAny("image.s_resolution", "image.s_resolution", query.resolutionArcsec);
  meetsAny("image.em_res_power", "image.em_res_power", query.resolvingPower);
  meetsAny("image.t_exptime", "image.t_exptime", query.exposureSeconds);
  meetsAny("image.t_resolution", "image.t_resolution", query.timeResolutionSeconds);
  anyOf("image.obs_collection", query.collections);
  anyOf("image.facility_name", query.facilities);
  anyOf("image.instrument_name", query.instruments);
  anyOf("image.dataproduct_type", query.productTypes);
  anyOf("image.calib_level", query.calibLevels);
  anyOf("image.target_name", query.targets);
  anyOf("image.band", query.bands);
  if (query.polarizations.length > 0) {
    const wanted = bind(JSON.stringify(query.polarizations));
    const states = "SELECT value FROM json_each(image.pol_states)";
    parts.push(`EXISTS (${states} INTERSECT SELECT value FROM json_each(${wanted}))`);
  }
  return { text: parts.join(" AND "), values };
}

/** Of `image_box AS box`: that it may meet a stencil, in whatever release. `boxValuesOf` has its values. */
export const MEETS_BOX = `box.x_max >= @xMin AND box.x_min <= @xMax AND box.y_max >= @yMin AND box.y_min <= @yMax
  AND box.z_max >= @zMin AND box.z_min <= @zMax`;

export function boxValuesOf(stencil: Stencil): Record<string, number> {
  const { min, max } = boundingBoxOfVectors(stencil);
  return { xMin: min[0], yMin: min[1], zMin: min[2], xMax: max[0], yMax: max[1], zMax: max[2] };
}
