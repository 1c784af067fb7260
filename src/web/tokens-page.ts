import { html } from "hono/html";
import { csrfField, page, sureButton, type Html, type Notice, type Viewer } from "./page.ts";
import { table } from "./table.ts";
import { showInstant } from "./values.ts";

export type TokensView = {
  readonly viewer: Viewer;
  readonly notice?: Notice | undefined;
  readonly tokens: readonly TokenView[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Those that may be given, and what they are for. */
  readonly scopes: readonly { readonly name: string; readonly meaning: string; readonly isUsual: boolean }[];
  readonly days: { readonly usual: number; readonly most: number };
  /** Characters that a name may have. */
  readonly nameLength: number;
  /** Made just now: told this once. */
  readonly made: { readonly name: string; readonly secret: string; readonly example: string } | null;
};

export type TokenView = {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
};

export function tokensPage(view: TokensView): Html {
  const { viewer, notice, tokens, now, made } = view;
  return page(
    { title: "Tokens", viewer, section: "tokens", notice },
    html`${made === null ? null : showMade(made)}
      <section aria-labelledby="mine">
        <h2 id="mine">My tokens</h2>
        ${tokenTable(tokens, now, ({ id }) => ({ action: `/tokens/${id}/revoke`, csrfToken: viewer.csrfToken }))}
      </section>
      ${makeForm(view)}`,
  );
}

function showMade({ name, secret, example }: NonNullable<TokensView["made"]>): Html {
  return html`<section aria-labelledby="made">
    <h2 id="made">The token “${name}”</h2>
    <pre class="secret">${secret}</pre>
    <p>Keep it now: it is not shown again. Whoever has it is taken for you. For a first try, in a terminal:</p>
    <pre>${example}</pre>
  </section>`;
}

/** `revoke`: where a form goes that takes one back. */
export function tokenTable(
  tokens: readonly TokenView[],
  now: number,
  revoke: (token: TokenView) => { readonly action: string; readonly csrfToken: string },
): Html {
  return table(
    tokens,
    [
      { title: "Name", show: ({ name }) => name },
      { title: "Begins with", show: ({ prefix }) => html`<code class="whole">${prefix}…</code>` },
      { title: "Scopes", show: ({ scopes }) => scopes.join(", ") },
      { title: "Last use", show: ({ lastUsedAt }) => showInstant(lastUsedAt, "never") },
      { title: "Ends", show: ({ expiresAt }) => showInstant(expiresAt, "never") },
      {
        title: "",
        show(token) {
          if (token.revokedAt !== null) return html`<span class="tag bad">revoked</span>`;
          if (token.expiresAt !== null && token.expiresAt <= now) return html`<span class="tag">expired</span>`;
          const { action, csrfToken } = revoke(token);
          return sureButton({ action, text: "Revoke", label: `Revoke ${token.name}` }, csrfToken);
        },
      },
    ],
    { caption: "Tokens", empty: "None yet." },
  );
}

function makeForm({ viewer, scopes, days, nameLength }: TokensView): Html {
  return html`<section aria-labelledby="make">
    <h2 id="make">Make a token</h2>
    <form method="post" action="/tokens">
      ${csrfField(viewer.csrfToken)}
      <div class="row">
        <div class="field">
          <label for="name">Name</label>
          <input
            id="name"
            name="name"
            maxlength="${nameLength}"
            placeholder="notebook on my laptop"
            required
            autocomplete="off"
          />
        </div>
        <div class="field">
          <label for="days">Days until it ends</label>
          <input id="days" name="days" type="number" min="1" max="${days.most}" value="${days.usual}" required />
        </div>
      </div>
      <fieldset>
        <legend>What it is good for</legend>
        ${scopes.map(
          ({ name, meaning, isUsual }) =>
            html`<label class="choice">
              <input type="checkbox" name="scope" value="${name}" ${isUsual ? html`checked` : null} />
              <span><code>${name}</code> <small>${meaning}</small></span>
            </label>`,
        )}
      </fieldset>
      <button>Make it</button>
    </form>
  </section>`;
}
