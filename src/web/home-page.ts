import { html } from "hono/html";
import { page, type Html, type Viewer } from "./page.ts";

export type HomeView = {
  readonly viewer: Viewer | null;
  /** Address of the service that most come for. */
  readonly cutoutUrl: string;
};

/** What this service is for. */
export function homePage({ viewer, cutoutUrl }: HomeView): Html {
  return page(
    { title: viewer === null ? "Accounts of recorte" : `Welcome, ${viewer.name}`, viewer },
    html`<section>
        <p>
          Here you sign in, see how much you use, and make tokens for scripts. What the tokens are for is at
          <a href="${cutoutUrl}/">${cutoutUrl}</a>.
        </p>
        ${viewer === null
          ? html`<p><a class="button" href="/login">Sign in</a></p>`
          : html`<p class="actions">
              <a class="button" href="/account">My account</a> <a class="button second" href="/tokens">My tokens</a>
            </p>`}
      </section>
      <p class="quiet">For programs: <a href="/openapi.json">/openapi.json</a> describes every address.</p>`,
  );
}
