import { SCOPES } from "../../access/tokens/api-token.ts";
import { AUDITED } from "../../access/audit.ts";
import { ACCOUNT_ROLES } from "../../access/user.ts";
import { HEALTH_RESPONSES } from "./service-operations.ts";
import { formOf, TEXT, type ApiParameter, type Operation } from "./operation.ts";

const text = { type: "string" };
const count = { type: "integer", minimum: 1 };
const JSON_OBJECT = { "application/json": { type: "object" } };
const HTML = { "text/html": text };
const BOTH = { ...HTML, ...JSON_OBJECT };

const NOBODY = { 401: { description: "AuthenticationError: it needs a token, or somebody signed in", content: TEXT } };
const NOT_ALLOWED = {
  403: { description: "AuthorizationError: not with this token, of this user, or from this page", content: TEXT },
};
const NOT_FOUND = { 404: { description: "UsageError: there is none", content: TEXT } };
const REFUSED = { 400: { description: "UsageError, and what would be right", content: TEXT } };
const SLOWED = { 429: { description: "UsageError: too many wrong passwords; Retry-After", content: TEXT } };
const done = { 303: { description: "Done, by a browser: see the page at Location" } };
const shows = (description: string, content: Readonly<Record<string, object>> = BOTH) => ({
  200: { description, content },
});

const needed = (name: string, description: string, schema: object = text): ApiParameter => ({
  ...{ name, description, schema },
  required: true,
});
const optional = (name: string, description: string, schema: object = text): ApiParameter => ({
  name,
  description,
  schema,
});

const NEW_TOKEN = [
  needed("name", "The user's own word for it"),
  needed("scope", "What it is good for", { type: "array", items: { type: "string", enum: Object.keys(SCOPES) } }),
  optional("days", "Days until it ends", count),
];
const USER_CHANGES = [
  optional("role", "What its limits follow", { type: "string", enum: [...ACCOUNT_ROLES] }),
  optional("groups", "Those given here, apart by commas"),
  optional("limits", "Where they are not those of the role, by name; empty: as the role has it; none: no limit", {
    type: "object",
    additionalProperties: text,
  }),
];
const LAST = optional("last", "At most so many", count);

type Part = Omit<Operation, "tag" | "path">;
const of = (tag: string, path: string, ...parts: readonly Part[]): Operation[] =>
  parts.map((part) => ({ ...part, path, tag }));
const ofUser = (path: string, ...parts: readonly Part[]): Operation[] =>
  of(
    "Administration",
    path,
    ...parts.map((part) => ({ ...part, responses: { ...part.responses, ...NOBODY, ...NOT_ALLOWED } })),
  );
const user = (path: string, summary: string, body = formOf([])): Operation[] =>
  ofUser(`/admin/users/:name${path}`, {
    method: "post",
    summary,
    body,
    responses: { ...shows("Done, by a script", JSON_OBJECT), ...done, ...REFUSED, ...NOT_FOUND },
  });
const job = (path: string, summary: string): Operation[] =>
  ofUser(`/admin/jobs/:id${path}`, {
    method: "post",
    summary,
    responses: { ...shows("Done, by a script", JSON_OBJECT), ...done, ...NOT_FOUND },
  });

/** Every address of the auth service but those that providers of sign-in and browsers use between them. */
export const AUTH_OPERATIONS: readonly Operation[] = [
  ...of(
    "Sign-in",
    "/login",
    { method: "get", summary: "The page to sign in", responses: shows("A page", HTML) },
    {
      method: "post",
      summary: "Sign in; a client without our form gets a token (SSO 2.0, tls-with-password)",
      body: formOf([needed("username", "Name of the account"), needed("password", "Its password")]),
      responses: {
        ...shows("X-VO-Authenticated has the name, X-VO-Bearer a token of 14 days with scopes read and jobs", TEXT),
        ...done,
        401: { description: "AuthenticationError: name or password is wrong", content: TEXT },
        ...NOT_ALLOWED,
        ...SLOWED,
      },
    },
  ),
  ...of("Sign-in", "/logout", { method: "post", summary: "End the session of this browser", responses: done }),
  ...of("Account", "/account", {
    method: "get",
    summary: "Who I am",
    responses: { ...shows("The account"), ...NOBODY, ...NOT_FOUND },
  }),
  ...of("Account", "/account/usage", {
    method: "get",
    summary: "What I may have, and have now",
    responses: shows("Each limit and its use", JSON_OBJECT),
  }),
  ...of("Account", "/account/password", {
    method: "post",
    summary: "Change the password; all other sessions end, and the tokens that signing in gave",
    body: formOf([
      ...[needed("current", "The present one"), needed("new", "The new one"), needed("again", "The same")],
      optional("revoke_tokens", "1: all other tokens end too"),
    ]),
    responses: { ...done, ...REFUSED, ...NOBODY, ...NOT_ALLOWED, ...SLOWED },
  }),
  ...of("Account", "/account/sessions/end", {
    method: "post",
    summary: "End a session, or all others",
    body: formOf([needed("session", "Its id, or `others`")]),
    responses: { ...shows("How many ended", JSON_OBJECT), ...done, ...NOBODY, ...NOT_FOUND },
  }),
  ...of(
    "Tokens",
    "/tokens",
    {
      method: "get",
      summary: "My tokens, without what is secret of them",
      responses: { ...shows("Tokens"), ...NOBODY },
    },
    {
      method: "post",
      summary: "Make a token",
      description: "One that is made with a token has no scope that it has not, and ends no later.",
      body: { ...formOf(NEW_TOKEN), "application/json": formOf(NEW_TOKEN)["application/x-www-form-urlencoded"] },
      responses: {
        201: { description: "The token: `token` is told this once", content: JSON_OBJECT },
        ...done,
        ...REFUSED,
        ...NOBODY,
        ...NOT_ALLOWED,
      },
    },
  ),
  ...of("Tokens", "/tokens/:id", {
    method: "delete",
    summary: "Revoke a token; by a token, itself",
    responses: { 204: { description: "It lets nobody in any more" }, ...NOBODY, ...NOT_ALLOWED, ...NOT_FOUND },
  }),
  ...of("Tokens", "/tokens/:id/revoke", {
    method: "post",
    summary: "The same, by a form",
    responses: { ...shows("The token", JSON_OBJECT), ...done, ...NOBODY, ...NOT_ALLOWED, ...NOT_FOUND },
  }),
  ...ofUser("/admin", { method: "get", summary: "Queue, jobs, disk and last errors", responses: shows("The state") }),
  ...ofUser(
    "/admin/users",
    {
      method: "get",
      summary: "Users",
      query: [optional("search", "Part of a name or address"), optional("after", "Those after this name"), LAST],
      responses: shows("Users, and the name that the next page begins after"),
    },
    {
      method: "post",
      summary: "Add a user",
      body: formOf([
        needed("name", "What one signs in with"),
        optional("full_name", "As people write it"),
        optional("email", "Address"),
        optional("password", "None: no sign-in by password"),
        ...USER_CHANGES.slice(0, 2),
      ]),
      responses: { 201: { description: "The account", content: JSON_OBJECT }, ...done, ...REFUSED },
    },
  ),
  ...ofUser("/admin/users/:name", {
    method: "get",
    summary: "One user, with use, tokens and jobs",
    responses: { ...shows("The user"), ...NOT_FOUND },
  }),
  ...user("", "Change role, groups and limits", { "application/json": formOf(USER_CHANGES)["multipart/form-data"] }),
  ...user("/close", "Close the account: nothing of it lets anybody in"),
  ...user("/open", "Open it again"),
  ...user(
    "/password",
    "Set a password; all sessions of the user end, and the tokens that signing in gave",
    formOf([needed("password", "The new one"), optional("revoke_tokens", "1: all other tokens end too")]),
  ),
  ...user("/tokens/:id/revoke", "Revoke a token of the user"),
  ...ofUser("/admin/jobs", {
    method: "get",
    summary: "Jobs of all, the newest first",
    query: [
      optional("phase", "Of this phase (UWS)"),
      optional("owner", "Of this user"),
      optional("before", "Made before this job"),
      LAST,
    ],
    responses: { ...shows("Jobs, and the one that the next page begins before"), ...REFUSED },
  }),
  ...ofUser(
    "/admin/jobs/:id",
    { method: "get", summary: "One job", responses: { ...shows("The job", JSON_OBJECT), ...NOT_FOUND } },
    {
      method: "delete",
      summary: "Delete a job with its results",
      responses: { 204: { description: "It is gone" }, ...NOT_FOUND },
    },
  ),
  ...job("/abort", "Abort a job"),
  ...job("/delete", "Delete a job with its results, by a form"),
  ...ofUser("/admin/audit", {
    method: "get",
    summary: "Who did what, the newest first",
    query: [
      optional("actor", "By this user"),
      optional("action", "Of this kind", { type: "string", enum: Object.keys(AUDITED) }),
      optional("before", "Before the record of this id", count),
      LAST,
    ],
    responses: { ...shows("Records, and the id that the next page begins before"), ...REFUSED },
  }),
  ...of("Service", "/", { method: "get", summary: "What this service is for", responses: shows("A page", HTML) }),
  ...of("Service", "/health", {
    method: "get",
    summary: "Whether the service is well",
    responses: HEALTH_RESPONSES,
  }),
  ...of("Service", "/openapi.json", {
    method: "get",
    summary: "This description",
    responses: shows("OpenAPI 3.1", JSON_OBJECT),
  }),
];
