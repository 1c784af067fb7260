import type { Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { ProviderIdentity } from "../../access/accounts/account.ts";
import type { Accounts } from "../../access/accounts/accounts.ts";
import type { AuditLog } from "../../access/audit.ts";
import { clientKeyOf } from "../../access/network/client-key.ts";
import type { SignInProvider, SignInProviders } from "../../access/sign-in/providers.ts";
import { createRequestCounter, type RequestCounter } from "../../access/limits/rate-limit.ts";
import { newSecret, SECRET } from "../../access/secrets.ts";
import { SIGN_IN_SECONDS, type SignInState, type SignInStates } from "../../access/sign-in/sign-in-states.ts";
import type { User } from "../../access/user.ts";
import { ServiceError } from "../../errors.ts";
import type { AppEnv } from "../app-env.ts";
import { noteSignIn } from "./sign-in.ts";
import { isForm, mediaTypeOf, parseForm, readBody } from "../read-body.ts";

export type FederationServices = {
  readonly providers: SignInProviders;
  readonly signIns: SignInStates;
  readonly accounts: Pick<Accounts, "signIn">;
  readonly audit: Pick<AuditLog, "record">;
  /** Begins a session and sets its cookie. */
  readonly openSession: (
    c: Context<AppEnv>,
    opening: { readonly user: User; readonly provider: string },
  ) => Promise<void>;
  /** The address of ours that `return_to` names, or where one goes without. */
  readonly returnAddress: (wanted: string | undefined) => string;
};

/** An assertion with its attributes has some 20 kB, of which base64 in a form makes 30. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Of one address, in a minute: each is kept for a while, and what answers it costs work. A class behind one address may sign in. */
const MOST_BEGUN = 60;
/** Answers of one address, in a minute, that were not good. */
const MOST_FAILED = 20;
const MOST_ADDRESSES = 10_000;

/** Sign-in by providers. Who is told of an address of these is told of no other page: they carry what is good once. */
export function addFederationRoutes(app: Hono<AppEnv>, services: FederationServices): void {
  const { providers, signIns } = services;
  const begun = createRequestCounter({ maxKeys: MOST_ADDRESSES });
  const failed = createRequestCounter({ maxKeys: MOST_ADDRESSES });

  /** A route of a provider; what is refused is on record. */
  function route<K extends SignInProvider["kind"]>(
    method: "get" | "post",
    path: `/${K}/:provider/${string}`,
    handle: (c: Context<AppEnv>, provider: Extract<SignInProvider, { kind: K }>) => Promise<Response>,
  ): void {
    const kind = path.split("/")[1] as K;
    app[method](path, async (c: Context<AppEnv>) => {
      c.header("Cache-Control", "no-store");
      c.header("Referrer-Policy", "no-referrer");
      const provider = providers.get(c.req.param("provider") ?? "", kind);
      try {
        return await handle(c, provider);
      } catch (error) {
        noteRefusal(c, services, provider, error);
        throw error;
      }
    });
  }

  route("get", "/oidc/:provider/login", (c, provider) => {
    countBegun(c, begun);
    return begin(c, services, provider);
  });
  route("get", "/saml/:provider/login", (c, provider) => {
    countBegun(c, begun);
    return begin(c, services, provider);
  });

  // The provider sends the browser here (OpenID Connect Core 1.0, section 3.1.2.5).
  route("get", "/oidc/:provider/callback", async (c, provider) => {
    const state = c.req.query("state") ?? "";
    const { memory, returnTo } = await takeSignIn(c, services, { provider, state });
    const answer = new URL(c.req.url).searchParams;
    return finish(c, services, { provider, returnTo, identity: await provider.end(answer, { state, memory }) });
  });

  // The provider has the browser post its answer here: from another site, so without our cookies. The answer is checked
  // now; that it is the browser which began can be seen in the request after it only.
  route("post", "/saml/:provider/acs", async (c, provider) => {
    const client = clientKeyOf(c.var.clientAddress);
    const { isAllowed, resetSeconds } = failed.look(client, MOST_FAILED);
    if (!isAllowed) throw tooManyTries(MOST_FAILED, resetSeconds);
    const { response, state } = await readAnswer(c.req.raw);
    const signIn = SECRET.test(state) ? await signIns.look(state, provider.id) : null;
    if (signIn === null) throw overdue(provider);
    const { identity, assertion } = await provider.end(response, signIn.memory).catch(async (error: unknown) => {
      failed.take(client, MOST_FAILED);
      await signIns.drop(state, provider.id); // one try: each takes work
      throw error;
    });
    const memory = { identity: JSON.stringify(identity) };
    const next = await signIns.answer(state, { provider: provider.id, assertion, memory });
    if (next === null) throw overdue(provider);
    return c.redirect(`finish?state=${next}`, 303); // beside this one
  });

  route("get", "/saml/:provider/finish", async (c, provider) => {
    const { memory, returnTo } = await takeSignIn(c, services, { provider, state: c.req.query("state") ?? "" });
    if (memory.identity === undefined) throw overdue(provider); // not answered yet
    const identity = JSON.parse(memory.identity) as ProviderIdentity;
    return finish(c, services, { provider, returnTo, identity });
  });

  route("get", "/saml/:provider/metadata", async (c, provider) =>
    c.body(await provider.metadata(), 200, { "Content-Type": "application/samlmetadata+xml" }),
  );
}

/** "too-many" for an address that begins very many. */
function countBegun(c: Context<AppEnv>, begun: RequestCounter): void {
  const { isAllowed, resetSeconds } = begun.take(clientKeyOf(c.var.clientAddress), MOST_BEGUN);
  if (!isAllowed) throw tooManyTries(MOST_BEGUN, resetSeconds);
}

function tooManyTries(most: number, retryAfterSeconds: number): ServiceError {
  const message = `Cannot sign in now: there were ${most} tries from your address in a minute; please wait`;
  return new ServiceError("too-many", message, { retryAfterSeconds });
}

/** Remembers what is asked for, and sends the browser to the provider. */
async function begin(c: Context<AppEnv>, services: FederationServices, provider: SignInProvider): Promise<Response> {
  const returnTo = services.returnAddress(c.req.query("return_to"));
  const state = newSecret();
  const { address, memory } = await provider.begin(state);
  // One browser may begin several, in several windows: they share the cookie.
  const browser = readBrowser(c, provider) ?? newSecret();
  await services.signIns.begin(state, { provider: provider.id, browser, memory, returnTo });
  const { name, secure } = browserCookie(provider);
  setCookie(c, name, browser, { path: "/", secure, httpOnly: true, sameSite: "Lax", maxAge: SIGN_IN_SECONDS });
  return c.redirect(address, 303);
}

type Answered = {
  readonly provider: SignInProvider;
  readonly identity: ProviderIdentity;
  readonly returnTo: string;
};

async function finish(c: Context<AppEnv>, services: FederationServices, answered: Answered): Promise<Response> {
  const { provider, identity, returnTo } = answered;
  const user = await services.accounts.signIn(identity);
  await services.openSession(c, { user, provider: provider.id });
  noteSignIn(c, services, { user, provider: provider.id });
  return c.redirect(returnTo, 303);
}

/** "usage" where none of this state is under way, or another browser began it. */
async function takeSignIn(
  c: Context<AppEnv>,
  { signIns }: FederationServices,
  { provider, state }: { readonly provider: SignInProvider; readonly state: string },
): Promise<SignInState> {
  const browser = readBrowser(c, provider);
  const signIn =
    browser !== undefined && SECRET.test(state) ? await signIns.take(state, { provider: provider.id, browser }) : null;
  if (signIn === null) throw overdue(provider);
  return signIn;
}

/** `__Host-`: no other host, and nobody on the way, can set it (RFC 6265bis, section 4.1.3.2). */
function browserCookie({ startUrl }: SignInProvider): { readonly name: string; readonly secure: boolean } {
  const secure = startUrl.startsWith("https:");
  return { name: secure ? "__Host-recorte_sign_in" : "recorte_sign_in", secure };
}

function readBrowser(c: Context<AppEnv>, provider: SignInProvider): string | undefined {
  const value = getCookie(c, browserCookie(provider).name);
  return value !== undefined && SECRET.test(value) ? value : undefined;
}

/** The form of the HTTP-POST binding (SAML 2.0 Bindings, section 3.5). */
async function readAnswer(request: Request): Promise<{ readonly response: string; readonly state: string }> {
  const form = isForm(mediaTypeOf(request.headers))
    ? await parseForm(await readBody(request, MAX_ANSWER_BYTES), request.headers)
    : new FormData();
  const [response, state] = [form.get("SAMLResponse"), form.get("RelayState") ?? ""];
  if (typeof response === "string" && typeof state === "string") return { response, state };
  throw new ServiceError("usage", "Cannot sign in: the request has no SAMLResponse");
}

/** One text for all: who made it up learns nothing of those under way. Not for the audit log, which it could fill. */
function overdue({ title }: SignInProvider): ServiceError {
  return new ServiceError(
    "usage",
    `Cannot sign in by ${title}: the sign-in was not begun in this browser, took too long, or has ended; please begin again`,
  );
}

/** What was not taken, for administrators. The cause is not for whoever sent it. */
function noteRefusal(
  c: Context<AppEnv>,
  { audit }: FederationServices,
  provider: SignInProvider,
  error: unknown,
): void {
  if (!(error instanceof ServiceError && error.code === "forbidden")) return;
  audit.record({
    actor: null,
    actorName: "nobody",
    action: "sign-in-refused",
    subject: null,
    detail: { provider: provider.id, why: error.message, cause: causeOf(error) },
    address: c.var.clientAddress,
  });
}

/** For administrators, who have to find out what a provider does wrong. */
function causeOf(error: unknown): string | undefined {
  const causes: string[] = [];
  for (let e = error instanceof Error ? error.cause : undefined; e instanceof Error; e = e.cause)
    causes.push(e.message);
  return causes.length > 0 ? causes.join(": ").slice(0, MOST_CAUSE) : undefined;
}

const MOST_CAUSE = 300;
