import { html } from "hono/html";
import { formatBytes } from "../format-bytes.ts";
import type { Html } from "./page.ts";
import { formatCount } from "./values.ts";

/** How much of something is used. */
export type Meter = {
  readonly title: string;
  readonly unit: "bytes" | "count";
  /** null: it is not counted, but looked at for each request. */
  readonly used: number | null;
  /** Infinity: no limit. */
  readonly limit: number;
};

/** What is used, with a bar where it can be full, and what is looked at for each request. */
export function meters(list: readonly Meter[]): Html {
  const ofEach = list.filter(({ used }) => used === null);
  return html`<div class="meters">${list.filter(({ used }) => used !== null).map(showMeter)}</div>
    ${ofEach.length === 0
      ? null
      : html`<h3>Of each request or job</h3>
          <div class="meters">${ofEach.map(showMeter)}</div>`}`;
}

function showMeter({ title, unit, used, limit }: Meter): Html {
  const format = unit === "bytes" ? formatBytes : formatCount;
  const most = limit === Infinity ? "no limit" : format(limit);
  const text = used === null ? most : limit === Infinity ? `${format(used)}, no limit` : `${format(used)} of ${most}`;
  return html`<div>
    <div class="meter-head"><span>${title}</span><span class="quiet">${text}</span></div>
    ${used === null || limit === Infinity ? null : bar(used, limit, `${title}: ${text}`)}
  </div>`;
}

/** A drawing: its width is an attribute, where a style would be one that the page's policy forbids. */
function bar(used: number, limit: number, label: string): Html {
  const share = limit <= 0 ? (used > 0 ? 1 : 0) : Math.min(1, Math.max(0, used / limit));
  const width = used > 0 ? Math.max(0.5, Math.round(share * 1000) / 10) : 0;
  return html`<svg
    class="meter ${share >= 0.9 ? "full-up" : ""}"
    viewBox="0 0 100 1"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    <rect width="${width}" height="1" />
  </svg>`;
}
