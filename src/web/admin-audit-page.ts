import { html } from "hono/html";
import { adminPage, nextPage } from "./admin-page.ts";
import type { Html, Viewer } from "./page.ts";
import { table } from "./table.ts";
import { showInstant } from "./values.ts";

export type AuditView = {
  readonly viewer: Viewer;
  readonly actor: string;
  readonly action: string;
  readonly actions: readonly string[];
  readonly records: readonly AuditRow[];
  /** The next page begins before this one; null: there is none. */
  readonly before: string | null;
};

export type AuditRow = {
  readonly at: number;
  readonly actorName: string;
  readonly action: string;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly address: string | null;
};

export function auditPage({ viewer, actor, action, actions, records, before }: AuditView): Html {
  return adminPage(
    { title: "Audit log", viewer },
    "/admin/audit",
    html`<section>
      <form method="get" action="/admin/audit" role="search" class="row">
        <div class="field">
          <label for="actor">Who</label>
          <input id="actor" name="actor" value="${actor}" maxlength="200" autocapitalize="none" spellcheck="false" />
        </div>
        <div class="field">
          <label for="action">What</label>
          <select id="action" name="action">
            <option value="">all</option>
            ${actions.map((one) => html`<option ${one === action ? html`selected` : null}>${one}</option>`)}
          </select>
        </div>
        <button class="second">Show</button>
      </form>
      ${table(
        records,
        [
          { title: "When", show: ({ at }) => showInstant(at) },
          { title: "Who", show: ({ actorName }) => actorName },
          { title: "What", show: (record) => record.action },
          { title: "Subject", show: ({ subject }) => subject ?? "–" },
          { title: "Detail", show: ({ detail }) => html`<small>${describe(detail)}</small>` },
          { title: "From", show: ({ address }) => html`<code>${address ?? "–"}</code>` },
        ],
        { caption: "What was done", empty: "Nothing of that kind." },
      )}
      ${before === null ? null : nextPage("/admin/audit", { actor, action, before }, "Earlier")}
    </section>`,
  );
}

function describe(detail: AuditRow["detail"]): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("; ");
}
