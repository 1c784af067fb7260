import type { VectorBox } from "../sky/bounding-box.ts";
import type { Interval } from "./survey.ts";

/** The images that may satisfy a query: all of its conditions but the exact test of the stencil. */
export type Selection = {
  readonly releaseNumber: number;
  /** Images whose boxes meet it. */
  readonly box?: VectorBox | undefined;
  readonly key?: string | undefined;
  readonly fieldName?: string | undefined;
  readonly bands?: readonly string[] | undefined;
  readonly wavelengthMetres?: Interval | undefined;
  readonly timeMjd?: Interval | undefined;
  /** The first so many in order of key. Not with a box. */
  readonly limit?: number | undefined;
};

export type SelectionStatement = { readonly text: string; readonly values: Record<string, number | string> };

/** A query for their ids. */
export function statementOf(selection: Selection): SelectionStatement {
  const values: SelectionStatement["values"] = { release: selection.releaseNumber };
  const conditions: string[] = [];
  if (selection.key !== undefined) {
    conditions.push("image.key = @key");
    values["key"] = selection.key;
  }
  if (selection.fieldName !== undefined) {
    conditions.push("image.field_name = @field");
    values["field"] = selection.fieldName;
  }
  if (selection.bands !== undefined) {
    conditions.push("image.band IN (SELECT value FROM json_each(@bands))");
    values["bands"] = JSON.stringify(selection.bands);
  }
  if (selection.wavelengthMetres !== undefined) {
    conditions.push("image.em_max >= @wavelengthMin AND image.em_min <= @wavelengthMax");
    values["wavelengthMin"] = selection.wavelengthMetres.min;
    values["wavelengthMax"] = selection.wavelengthMetres.max;
  }
  if (selection.timeMjd !== undefined) {
    conditions.push("image.t_max >= @timeMin AND image.t_min <= @timeMax");
    values["timeMin"] = selection.timeMjd.min;
    values["timeMax"] = selection.timeMjd.max;
  }
  if (selection.box === undefined) {
    const inRelease = ["image.release_number = @release", ...conditions].join(" AND ");
    let text = `SELECT image.id FROM image WHERE ${inRelease} ORDER BY image.release_number, image.key`;
    if (selection.limit !== undefined) {
      text += " LIMIT @limit";
      values["limit"] = selection.limit;
    }
    return { text, values };
  }
  const { min, max } = selection.box;
  Object.assign(values, { xMin: min[0], yMin: min[1], zMin: min[2], xMax: max[0], yMax: max[1], zMax: max[2] });
  // CROSS JOIN keeps the order: the R*Tree first, then the row of each box that meets.
  const join = conditions.length === 0 ? "" : "CROSS JOIN image ON image.id = box.id";
  const where = [MEETS_BOX, ...conditions].join(" AND ");
  return { text: `SELECT box.id FROM image_box AS box ${join} WHERE ${where} ORDER BY box.id`, values };
}

const MEETS_BOX = `box.x_max >= @xMin AND box.x_min <= @xMax AND box.y_max >= @yMin AND box.y_min <= @yMax
  AND box.z_max >= @zMin AND box.z_min <= @zMax AND box.release_max >= @release AND box.release_min <= @release`;
