import { html } from "hono/html";
import { meters, type Meter } from "./meters.ts";
import { csrfField, page, userNameField, type Html, type Notice, type Viewer, type PasswordLength } from "./page.ts";
import { table } from "./table.ts";
import { showInstant } from "./values.ts";

export type AccountView = {
  readonly viewer: Viewer;
  readonly notice?: Notice | undefined;
  readonly fullName: string | null;
  readonly email: string | null;
  readonly role: string;
  readonly groups: readonly { readonly name: string; readonly source: string }[];
  readonly signInsBy: readonly string[];
  readonly hasPassword: boolean;
  readonly createdAt: number;
  readonly usage: readonly Meter[];
  readonly sessions: readonly SessionView[];
  /** Of a password. */
  readonly passwordLength: PasswordLength;
};

export type SessionView = {
  readonly id: string;
  readonly provider: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The one that looks. */
  readonly isThis: boolean;
};

export function accountPage(view: AccountView): Html {
  const { viewer, notice, usage } = view;
  return page(
    { title: "Account", viewer, section: "account", notice },
    html`<div class="columns">
        <div>
          <section aria-labelledby="who">
            <h2 id="who">Who I am</h2>
            ${facts(view)}
          </section>
          ${view.hasPassword ? changePassword(view) : null}
        </div>
        <section aria-labelledby="usage">
          <h2 id="usage">Use and limits</h2>
          ${usage.length === 0 ? html`<p class="quiet">Nothing is counted here.</p>` : meters(usage)}
        </section>
      </div>
      <section aria-labelledby="sessions">
        <h2 id="sessions">Where I am signed in</h2>
        ${sessions(view)}
      </section>`,
  );
}

function facts({ viewer, fullName, email, role, groups, signInsBy, createdAt }: AccountView): Html {
  return html`<dl>
    <dt>Name</dt>
    <dd>${viewer.name}</dd>
    ${fullName === null
      ? null
      : html`<dt>Full name</dt>
          <dd>${fullName}</dd>`}
    ${email === null
      ? null
      : html`<dt>Mail</dt>
          <dd>${email}</dd>`}
    <dt>Role</dt>
    <dd>${role}</dd>
    <dt>Groups</dt>
    <dd>${groupTags(groups)}</dd>
    <dt>Signs in by</dt>
    <dd>${signInsBy.length === 0 ? "–" : signInsBy.join(", ")}</dd>
    <dt>Since</dt>
    <dd>${showInstant(createdAt)}</dd>
  </dl>`;
}

export function groupTags(groups: AccountView["groups"]): Html {
  if (groups.length === 0) return html`<span class="quiet">none</span>`;
  return html`<ul class="tags">
    ${groups.map(({ name, source }) => html`<li class="tag" title="${`Known from: ${source}`}">${name}</li>`)}
  </ul>`;
}

function sessions({ viewer, sessions: list }: AccountView): Html {
  const end = (fields: Html, text: string) =>
    html`<form method="post" action="/account/sessions/end">
      ${csrfField(viewer.csrfToken)}${fields}<button class="plain danger">${text}</button>
    </form>`;
  return html`${table(
    list,
    [
      { title: "Signed in", show: ({ createdAt }) => showInstant(createdAt) },
      { title: "Ends", show: ({ expiresAt }) => showInstant(expiresAt) },
      { title: "By", show: ({ provider }) => (provider === "local" ? "password" : provider) },
      {
        title: "",
        show: ({ id, isThis }) =>
          isThis
            ? html`<span class="tag strong">this one</span>`
            : end(html`<input type="hidden" name="session" value="${id}" />`, "End it"),
      },
    ],
    { caption: "Sessions", empty: "Nowhere." },
  )}
  ${list.some(({ isThis }) => !isThis)
    ? end(html`<input type="hidden" name="session" value="others" />`, "End all others")
    : null}`;
}

function changePassword({ viewer, passwordLength }: AccountView): Html {
  return html`<section aria-labelledby="password">
    <h2 id="password">Change the password</h2>
    <form method="post" action="/account/password">
      ${csrfField(viewer.csrfToken)} ${userNameField(viewer.name)}
      <div class="row">
        ${passwordField("current", "Present password", "current-password", { ...passwordLength, least: 1 })}
        ${passwordField("new", "New password", "new-password", passwordLength)}
        ${passwordField("again", "The new one again", "new-password", passwordLength)}
      </div>
      <label class="choice">
        <input type="checkbox" name="revoke_tokens" value="1" />
        <span>Revoke all my tokens <small>also those that I made myself</small></span>
      </label>
      <p class="quiet">
        At least ${passwordLength.least} characters. All other sessions end, and the tokens that signing in with the
        present one gave.
      </p>
      <button>Change it</button>
    </form>
  </section>`;
}

function passwordField(name: string, label: string, autocomplete: string, length: PasswordLength): Html {
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="password"
      autocomplete="${autocomplete}"
      minlength="${length.least}"
      maxlength="${length.most}"
      required
    />
  </div>`;
}
