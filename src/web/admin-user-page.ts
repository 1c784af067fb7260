import { html } from "hono/html";
import { groupTags } from "./account-page.ts";
import { jobTable, type JobRowView } from "./admin-jobs-page.ts";
import { addressOf, adminPage } from "./admin-page.ts";
import { roleChoice } from "./admin-users-page.ts";
import { meters, type Meter } from "./meters.ts";
import { csrfField, userNameField, type Html, type Notice, type Viewer, type PasswordLength } from "./page.ts";
import { tokenTable, type TokenView } from "./tokens-page.ts";
import { showInstant } from "./values.ts";

export type UserView = {
  readonly viewer: Viewer;
  readonly notice?: Notice | undefined;
  readonly now: number;
  readonly name: string;
  readonly fullName: string | null;
  readonly email: string | null;
  readonly role: string;
  readonly roles: readonly string[];
  readonly passwordLength: PasswordLength;
  readonly groups: readonly { readonly name: string; readonly source: string }[];
  readonly providers: readonly string[];
  readonly hasPassword: boolean;
  readonly createdAt: number;
  readonly lastSignInAt: number | null;
  readonly disabledAt: number | null;
  readonly limits: readonly {
    readonly name: string;
    readonly meaning: string;
    /** As one would type it; empty: what the role has. */
    readonly own: string;
    /** What the user has now. */
    readonly value: string;
  }[];
  readonly usage: readonly Meter[];
  readonly tokens: readonly TokenView[];
  readonly jobs: readonly JobRowView[];
  readonly sessions: number;
};

export function userPage(view: UserView): Html {
  const { viewer, notice, name, usage, tokens, jobs, now } = view;
  const { csrfToken } = viewer;
  return adminPage(
    { title: name, viewer, notice },
    "/admin/users",
    html`<div class="columns">
        <section aria-labelledby="who">
          <h2 id="who">Account</h2>
          ${facts(view)}
        </section>
        <section aria-labelledby="usage">
          <h2 id="usage">Use and limits</h2>
          ${usage.length === 0 ? html`<p class="quiet">Nothing is counted here.</p>` : meters(usage)}
        </section>
      </div>
      ${changeForm(view)} ${accessForms(view)}
      <section aria-labelledby="tokens">
        <h2 id="tokens">Tokens</h2>
        ${tokenTable(tokens, now, ({ id }) => ({ action: `${userPath(view)}/tokens/${id}/revoke`, csrfToken }))}
      </section>
      <section aria-labelledby="jobs">
        <h2 id="jobs">Latest jobs</h2>
        ${jobTable(jobs, { csrfToken, now, showsOwner: false })}
        <p><a href="${addressOf("/admin/jobs", { owner: name })}">All jobs of ${name}</a></p>
      </section>`,
  );
}

/** Where the account is shown, and its form is sent. */
export function userPath({ name }: { readonly name: string }): string {
  return `/admin/users/${encodeURIComponent(name)}`;
}

function facts(view: UserView): Html {
  const { fullName, email, groups, providers, hasPassword, createdAt, lastSignInAt, disabledAt, sessions } = view;
  const ways = [...(hasPassword ? ["password"] : []), ...providers];
  return html`<dl>
    <dt>State</dt>
    <dd>
      ${disabledAt === null
        ? html`<span class="tag strong">open</span>`
        : html`<span class="tag bad">closed</span> ${showInstant(disabledAt)}`}
    </dd>
    <dt>Full name</dt>
    <dd>${fullName ?? "–"}</dd>
    <dt>Mail</dt>
    <dd>${email ?? "–"}</dd>
    <dt>Groups</dt>
    <dd>${groupTags(groups)}</dd>
    <dt>Signs in by</dt>
    <dd>${ways.length === 0 ? "–" : ways.join(", ")}</dd>
    <dt>Since</dt>
    <dd>${showInstant(createdAt)}</dd>
    <dt>Last sign-in</dt>
    <dd>${showInstant(lastSignInAt, "never")}</dd>
    <dt>Sessions</dt>
    <dd>${sessions}</dd>
  </dl>`;
}

function changeForm(view: UserView): Html {
  const { viewer, role, roles, groups, limits } = view;
  const local = groups.filter(({ source }) => source === "local").map(({ name }) => name);
  return html`<section aria-labelledby="rights">
    <h2 id="rights">Role, groups and limits</h2>
    <form method="post" action="${userPath(view)}">
      ${csrfField(viewer.csrfToken)}
      <div class="row">
        <div class="field">
          <label for="role">Role</label>
          ${roleChoice(roles, role)}
        </div>
        <div class="field">
          <label for="groups">Groups given here, apart by commas</label>
          <input id="groups" name="groups" value="${local.join(", ")}" autocomplete="off" />
        </div>
      </div>
      <details ${limits.some(({ own }) => own !== "") ? html`open` : null}>
        <summary>Limits of this user alone</summary>
        <p class="quiet">Empty: what the role has. “none”: no limit. Bytes may be written as 20GB.</p>
        <div class="limits">
          ${limits.map(
            ({ name, meaning, own, value }) =>
              html`<div class="field">
                <label for="limit-${name}">${meaning}</label>
                <input
                  id="limit-${name}"
                  name="limit.${name}"
                  value="${own}"
                  placeholder="${value}"
                  autocomplete="off"
                />
              </div>`,
          )}
        </div>
      </details>
      <button>Save</button>
    </form>
  </section>`;
}

function accessForms(view: UserView): Html {
  const { viewer, name, disabledAt, hasPassword, passwordLength } = view;
  const path = userPath(view);
  return html`<section aria-labelledby="access">
    <h2 id="access">Access</h2>
    <form method="post" action="${path}/password">
      ${csrfField(viewer.csrfToken)}${userNameField(name)}
      <div class="row">
        <div class="field">
          <label for="password">${hasPassword ? "Another password" : "A password"}</label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="new-password"
            minlength="${passwordLength.least}"
            maxlength="${passwordLength.most}"
            required
          />
        </div>
        <button class="second">Set it</button>
      </div>
      <label class="choice">
        <input type="checkbox" name="revoke_tokens" value="1" />
        <span>Revoke all tokens of the user <small>also those that no password gave</small></span>
      </label>
      <p class="quiet">It ends all sessions of the user, and the tokens that the password before gave.</p>
    </form>
    <form method="post" action="${path}/${disabledAt === null ? "close" : "open"}">
      ${csrfField(viewer.csrfToken)}
      <button class="${disabledAt === null ? "danger" : "second"}">
        ${disabledAt === null ? "Close the account" : "Open the account again"}
      </button>
    </form>
  </section>`;
}
