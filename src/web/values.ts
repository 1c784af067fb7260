import { html } from "hono/html";
import type { Html } from "./page.ts";

// Numbers and instants as pages show them.

/** Thousands apart by thin spaces. */
export function formatCount(count: number): string {
  const [whole, fraction] = String(count).split(".");
  const groups = whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009");
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

/** To two parts at most: `3 h 12 min`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 10 && seconds % 60 > 0 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

/** To the minute, UTC; a dash where there is none. `instant`: milliseconds since 1970. */
export function showInstant(instant: number | null, otherwise = "–"): Html {
  if (instant === null) return html`<span class="quiet">${otherwise}</span>`;
  const text = new Date(instant).toISOString();
  return html`<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 16)}</time>`;
}
