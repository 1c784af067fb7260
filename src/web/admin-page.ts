import { html } from "hono/html";
import { page, type Frame, type Html } from "./page.ts";

const PAGES = [
  { path: "/admin", text: "Overview" },
  { path: "/admin/users", text: "Users" },
  { path: "/admin/jobs", text: "Jobs" },
  { path: "/admin/audit", text: "Audit log" },
] as const;

export type AdminPath = (typeof PAGES)[number]["path"];

/** A page of administration, with links to the others. */
export function adminPage(frame: Omit<Frame, "section">, current: AdminPath, body: Html): Html {
  const links = PAGES.map(
    ({ path, text }) => html`<a href="${path}" ${path === current ? html`aria-current="page"` : null}>${text}</a>`,
  );
  return page(
    { ...frame, section: "admin", width: "wider" },
    html`<nav class="within" aria-label="Administration">${links}</nav>
      ${body}`,
  );
}

/** To the next page of a list, with the filter that it has. */
export function nextPage(path: string, query: Readonly<Record<string, string | undefined>>, text: string): Html {
  return html`<p class="pager"><a href="${addressOf(path, query)}">${text}</a></p>`;
}

export function addressOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== "") fields.set(name, value);
  return fields.size === 0 ? path : `${path}?${fields.toString()}`;
}

export function userLink(name: string): Html | string {
  if (name === "anonymous") return name; // nobody's account
  return html`<a href="/admin/users/${encodeURIComponent(name)}">${name}</a>`;
}
