import { html } from "hono/html";
import { page, type Html, type Viewer } from "./page.ts";

export type ErrorView = {
  readonly viewer: Viewer | null;
  readonly status: number;
  /** Label and text, as programs get them. */
  readonly text: string;
  /** The page whose form failed; null: there is none. */
  readonly back: string | null;
};

const TITLES: Readonly<Record<number, string>> = {
  401: "Sign in first",
  403: "Not allowed",
  404: "Not found",
  405: "Not possible",
  413: "Too large",
  429: "Too many",
  503: "Try again later",
};

export function errorPage({ viewer, status, text, back }: ErrorView): Html {
  const title = TITLES[status] ?? (status < 500 ? "That did not work" : "Something went wrong");
  const [, label, said] = /^(\w+): (.*)$/s.exec(text.trim()) ?? ["", "", text.trim()];
  const target = back ?? (viewer === null ? "/login" : "/account");
  return page(
    { title, viewer, width: "narrow" },
    html`<div class="card">
      <p>${said}</p>
      <p class="quiet">${status}${label === "" ? null : ` · ${label}`}</p>
      <p><a href="${target}">${back === null ? (viewer === null ? "Sign in" : "To my account") : "Back"}</a></p>
    </div>`,
  );
}
