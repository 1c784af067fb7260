import { boundingBoxOfVectors } from "../sky/bounding-box.ts";
import type { DatasetQuery } from "./survey.ts";

/** The ids of the images that may satisfy the query: all of its conditions but the exact test of the stencil. */
export type Selection = { readonly text: string; readonly values: Record<string, number | string> };

/** `query.did` is the key here, its authority and release taken off. */
export function selectionOf(query: Omit<DatasetQuery, "release">, releaseNumber: number): Selection {
  const values: Selection["values"] = { release: releaseNumber };
  const conditions: string[] = [];
  if (query.did !== undefined) {
    conditions.push("image.key = @key");
    values["key"] = query.did;
  }
  if (query.fieldName !== undefined) {
    conditions.push("image.field_name = @field");
    values["field"] = query.fieldName;
  }
  if (query.bands !== undefined) {
    conditions.push("image.band IN (SELECT value FROM json_each(@bands))");
    values["bands"] = JSON.stringify(query.bands);
  }
  if (query.wavelengthMetres !== undefined) {
    conditions.push("image.em_max >= @wavelengthMin AND image.em_min <= @wavelengthMax");
    values["wavelengthMin"] = query.wavelengthMetres.min;
    values["wavelengthMax"] = query.wavelengthMetres.max;
  }
  if (query.timeMjd !== undefined) {
    conditions.push("image.t_max >= @timeMin AND image.t_min <= @timeMax");
    values["timeMin"] = query.timeMjd.min;
    values["timeMax"] = query.timeMjd.max;
  }
  // A named image is found by its key or field at once; only the exact test is left then.
  const named = query.did !== undefined || query.fieldName !== undefined;
  if (query.stencil === undefined || named) {
    const inRelease = ["image.release_number = @release", ...conditions].join(" AND ");
    let text = `SELECT image.id FROM image WHERE ${inRelease} ORDER BY image.release_number, image.key`;
    if (query.stencil === undefined && query.limit !== undefined) {
      text += " LIMIT @limit";
      values["limit"] = query.limit;
    }
    return { text, values };
  }
  const { min, max } = boundingBoxOfVectors(query.stencil);
  Object.assign(values, { xMin: min[0], yMin: min[1], zMin: min[2], xMax: max[0], yMax: max[1], zMax: max[2] });
  // CROSS JOIN keeps the order: the R*Tree first, then the row of each box that meets.
  const join = conditions.length === 0 ? "" : "CROSS JOIN image ON image.id = box.id";
  const where = [MEETS_BOX, ...conditions].join(" AND ");
  return { text: `SELECT box.id FROM image_box AS box ${join} WHERE ${where} ORDER BY box.id`, values };
}

const MEETS_BOX = `box.x_max >= @xMin AND box.x_min <= @xMax AND box.y_max >= @yMin AND box.y_min <= @yMax
  AND box.z_max >= @zMin AND box.z_min <= @zMax AND box.release_max >= @release AND box.release_min <= @release`;
