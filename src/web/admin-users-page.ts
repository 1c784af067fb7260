import { html } from "hono/html";
import { adminPage, nextPage, userLink } from "./admin-page.ts";
import { csrfField, type Html, type Notice, type Viewer } from "./page.ts";
import { table } from "./table.ts";
import { formatCount, showInstant } from "./values.ts";

export type UsersView = {
  readonly viewer: Viewer;
  readonly notice?: Notice | undefined;
  readonly search: string;
  readonly users: readonly UserRow[];
  /** The next page begins after this name; null: there is none. */
  readonly after: string | null;
  readonly roles: readonly string[];
};

export type UserRow = {
  readonly name: string;
  readonly fullName: string | null;
  readonly email: string | null;
  readonly role: string;
  readonly groups: readonly { readonly name: string }[];
  readonly lastSignInAt: number | null;
  readonly disabledAt: number | null;
};

export function usersPage({ viewer, notice, search, users, after, roles }: UsersView): Html {
  return adminPage(
    { title: "Users", viewer, notice },
    "/admin/users",
    html`<section>
        <form method="get" action="/admin/users" role="search" class="row">
          <div class="field">
            <label for="search">Name or mail</label>
            <input id="search" name="search" type="search" value="${search}" maxlength="200" />
          </div>
          <button class="second">Search</button>
        </form>
        ${table(
          users,
          [
            { title: "Name", show: ({ name }) => userLink(name) },
            { title: "Full name", show: ({ fullName, email }) => fullName ?? email ?? "–" },
            { title: "Role", show: ({ role, disabledAt }) => (disabledAt === null ? role : closed()) },
            { title: "Groups", show: ({ groups }) => listNames(groups) },
            { title: "Last sign-in", show: ({ lastSignInAt }) => showInstant(lastSignInAt, "never") },
          ],
          { caption: "Users", empty: search === "" ? "There are none." : "None is called so." },
        )}
        ${after === null ? null : nextPage("/admin/users", { search, after }, "Further users")}
      </section>
      <section aria-labelledby="add">
        <h2 id="add">Add a user</h2>
        <form method="post" action="/admin/users">
          ${csrfField(viewer.csrfToken)}
          <div class="row">
            ${field("name", "Name", "text")} ${field("full_name", "Full name", "text")}
            ${field("email", "Mail", "email")} ${field("password", "Password", "password")}
            <div class="field">
              <label for="role">Role</label>
              ${roleChoice(roles, "user")}
            </div>
          </div>
          <button>Add</button>
        </form>
      </section>`,
  );
}

export function roleChoice(roles: readonly string[], chosen: string): Html {
  return html`<select id="role" name="role">
    ${roles.map((role) => html`<option ${role === chosen ? html`selected` : null}>${role}</option>`)}
  </select>`;
}

function field(name: string, label: string, type: "text" | "email" | "password"): Html {
  const isNeeded = name === "name";
  const autocomplete = type === "password" ? "new-password" : "off";
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      ${isNeeded ? html`required` : null}
    />
  </div>`;
}

function closed(): Html {
  return html`<span class="tag bad">closed</span>`;
}

/** A user may be in hundreds. */
const MOST_NAMES = 4;

function listNames(groups: readonly { readonly name: string }[]): string {
  const names = [...new Set(groups.map(({ name }) => name))];
  const more = names.length - MOST_NAMES;
  if (names.length === 0) return "–";
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(", ")} and ${formatCount(more)} more` : names.join(", ");
}
