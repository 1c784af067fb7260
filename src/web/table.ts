import { html } from "hono/html";
import type { Html } from "./page.ts";

export type Column<Row> = {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
  readonly show: (row: Row) => Html | string | number | null;
};

/** A table; in a narrow window each row becomes a block of its own, with the titles beside the values. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { caption, empty }: { readonly caption: string; readonly empty: string },
): Html {
  if (rows.length === 0) return html`<p class="quiet">${empty}</p>`;
  const kind = ({ isNumber = false }: Column<Row>) => (isNumber ? "number" : "");
  // Roles: what a style shows as blocks is no table any more to who listens to it.
  return html`<table role="table">
    <caption class="unseen">
      ${caption}
    </caption>
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(
          (column) => html`<th role="columnheader" scope="col" class="${kind(column)}">${column.title}</th>`,
        )}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(
        (row) =>
          html`<tr role="row">
            ${columns.map(
              (column) =>
                html`<td role="cell" class="${kind(column)}" data-title="${column.title}">
                  <div>${column.show(row)}</div>
                </td>`,
            )}
          </tr>`,
      )}
    </tbody>
  </table>`;
}
