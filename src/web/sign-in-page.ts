import { html } from "hono/html";
import { csrfField, page, type Html, type Notice } from "./page.ts";

export type SignInView = {
  /** Of the browser: nobody has signed in. */
  readonly csrfToken: string;
  readonly providers: readonly { readonly title: string; readonly href: string }[];
  /** Whether there are accounts with passwords of this service. */
  readonly takesPasswords: boolean;
  /** As it was typed, when it was refused. */
  readonly name?: string | undefined;
  /** Where to go afterwards. */
  readonly returnTo: string;
  readonly notice?: Notice | undefined;
};

export function signInPage(view: SignInView): Html {
  const { providers, takesPasswords, notice } = view;
  const links = providers.map(({ title, href }) => html`<a class="button second full" href="${href}">${title}</a>`);
  return page(
    { title: "Sign in", viewer: null, width: "narrow", notice },
    html`<div class="card">
        ${links.length > 0 ? html`<div class="stack">${links}</div>` : null}
        ${links.length > 0 && takesPasswords ? html`<p class="or">or with an account of this service</p>` : null}
        ${takesPasswords ? passwordForm(view) : null}
        ${links.length === 0 && !takesPasswords ? html`<p>There is no way to sign in: none is set up.</p>` : null}
      </div>
      <p class="quiet">
        One sign-in is for all services here. It is kept in a cookie, which tells nobody else anything.
      </p>`,
  );
}

function passwordForm({ csrfToken, name = "", returnTo }: SignInView): Html {
  return html`<form method="post" action="/login">
    ${csrfField(csrfToken)}<input type="hidden" name="return_to" value="${returnTo}" />
    <div class="field">
      <label for="username">Name</label>
      <input
        id="username"
        name="username"
        value="${name}"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        maxlength="200"
        required
        ${name === "" ? html`autofocus` : null}
      />
    </div>
    <div class="field">
      <label for="password">Password</label>
      <input
        id="password"
        name="password"
        type="password"
        autocomplete="current-password"
        maxlength="1000"
        required
        ${name === "" ? null : html`autofocus`}
      />
    </div>
    <button class="full">Sign in</button>
  </form>`;
}
