import { html } from "hono/html";
import { ICON, STYLES } from "./assets.ts";

/** Characters that a password may have. */
export type PasswordLength = { readonly least: number; readonly most: number };

/** What a template gives: all that was put into it is escaped. */
export type Html = ReturnType<typeof html>;

/** Who looks at a page. */
export type Viewer = {
  readonly name: string;
  readonly isAdmin: boolean;
  /** What every form of theirs carries. */
  readonly csrfToken: string;
};

export type Section = "account" | "tokens" | "admin";

export type Frame = {
  readonly title: string;
  /** null: nobody has signed in. */
  readonly viewer: Viewer | null;
  readonly section?: Section;
  /** What has just been done, or went wrong. */
  readonly notice?: Notice | undefined;
  /** Of a page that is little more than a form "narrow", of one with large tables "wider". */
  readonly width?: "narrow" | "wide" | "wider";
};

export type Notice = { readonly kind: "done" | "wrong"; readonly text: string };

/** A whole page of the auth service. It needs no scripts. */
export function page({ title, viewer, section, notice, width = "wide" }: Frame, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · recorte</title>
        <link rel="icon" type="image/svg+xml" href="${ICON.path}" />
        <link rel="stylesheet" href="${STYLES.path}" />
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        <header class="bar">
          <a class="brand" href="/"><img src="${ICON.path}" alt="" width="22" height="22" />recorte</a>
          ${viewer === null ? null : navigation(viewer, section)}
        </header>
        <main id="content" class="${width}">
          <h1>${title}</h1>
          ${notice === undefined ? null : showNotice(notice)} ${body}
        </main>
      </body>
    </html>`;
}

function navigation({ name, isAdmin, csrfToken }: Viewer, section: Section | undefined): Html {
  const link = (target: Section, text: string) =>
    html`<a href="/${target}" ${target === section ? html`aria-current="page"` : null}>${text}</a>`;
  return html`<nav aria-label="Pages">
      ${link("account", "Account")} ${link("tokens", "Tokens")} ${isAdmin ? link("admin", "Administration") : null}
    </nav>
    <form class="leave" method="post" action="/logout">
      ${csrfField(csrfToken)}<span class="who" title="Signed in">${name}</span>
      <button class="plain">Sign out</button>
    </form>`;
}

function showNotice({ kind, text }: Notice): Html {
  return html`<p class="notice ${kind}" role="${kind === "done" ? "status" : "alert"}">${text}</p>`;
}

/** What tells a form of ours from one that another site made. */
export function csrfField(token: string): Html {
  return html`<input type="hidden" name="csrf" value="${token}" />`;
}

/** For programs that keep passwords: whose the one beside it is. */
export function userNameField(name: string): Html {
  return html`<input
    class="unseen"
    name="username"
    value="${name}"
    autocomplete="username"
    readonly
    tabindex="-1"
    aria-hidden="true"
  />`;
}

/** A button that does not do it at once, but asks again. */
export function sureButton(
  form: { readonly action: string; readonly text: string; readonly label: string },
  csrfToken: string,
): Html {
  return html`<details class="sure">
    <summary aria-label="${form.label}">${form.text}</summary>
    <form method="post" action="${form.action}">
      ${csrfField(csrfToken)}<button class="plain danger">${`Yes, ${form.text.toLowerCase()}`}</button>
    </form>
  </details>`;
}
