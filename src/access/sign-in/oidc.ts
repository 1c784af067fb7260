import * as client from "openid-client";
import { ServiceError } from "../../errors.ts";
import type { ProviderIdentity } from "../accounts/account.ts";
import { identify, type Attributes } from "./providers-attributes.ts";
import type { OidcConfiguration } from "./providers-schema.ts";
import type { ProviderFrame } from "./provider-frame.ts";

/** Sign-in by OpenID Connect: authorization code with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636; RFC 9207). */
export type OidcProvider = ProviderFrame & {
  readonly kind: "oidc";
  /** Takes the parameters that came back. "forbidden" where they are no answer to what was asked. */
  end(
    answer: URLSearchParams,
    asked: { readonly state: string; readonly memory: Readonly<Record<string, string>> },
  ): Promise<ProviderIdentity>;
};

/** What a provider says of itself is asked for again after this; it seldom changes. */
const DISCOVERY_MILLISECONDS = 3_600_000;
const CLOCK_TOLERANCE_SECONDS = 30;

export function createOidcProvider(
  configuration: OidcConfiguration,
  { authUrl, now }: { readonly authUrl: string; readonly now: () => number },
): OidcProvider {
  const { id, title, scopes } = configuration;
  const redirectUri = `${authUrl}/oidc/${id}/callback`;
  const discover = createDiscovery(configuration, now);
  return {
    kind: "oidc",
    id,
    title,
    startUrl: `${authUrl}/oidc/${id}/login`,
    async begin(state) {
      const server = await discover();
      const memory = { verifier: client.randomPKCECodeVerifier(), nonce: client.randomNonce() };
      const address = client.buildAuthorizationUrl(server, {
        redirect_uri: redirectUri,
        scope: scopes.join(" "),
        state,
        nonce: memory.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(memory.verifier),
        code_challenge_method: "S256",
      });
      return { address: address.href, memory };
    },
    async end(answer, { state, memory }) {
      const server = await discover();
      const came = new URL(redirectUri);
      came.search = answer.toString();
      try {
        const tokens = await client.authorizationCodeGrant(server, came, {
          expectedState: state,
          expectedNonce: memory.nonce,
          pkceCodeVerifier: memory.verifier,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new Error("There is no ID token");
        const asksMore = configuration.userInfo && server.serverMetadata().userinfo_endpoint !== undefined;
        const more = asksMore ? await client.fetchUserInfo(server, tokens.access_token, claims.sub) : {};
        return identify(configuration, attributesOf({ ...claims, ...more }));
      } catch (cause) {
        throw explain(cause, title);
      }
    },
  };
}

/** Asks once for all who wait; a failure is kept from nobody and for nobody: the next one asks again. */
function createDiscovery(
  { issuer, clientId, clientSecret, clientAuthentication, timeoutSeconds, title }: OidcConfiguration,
  now: () => number,
): () => Promise<client.Configuration> {
  let known: { readonly server: client.Configuration; readonly at: number } | null = null;
  let asked: Promise<client.Configuration> | null = null;
  const ask = async () => {
    const secret = clientAuthentication === "post" ? client.ClientSecretPost : client.ClientSecretBasic;
    try {
      const server = await client.discovery(
        new URL(issuer),
        clientId,
        { client_secret: clientSecret, [client.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
        clientSecret === undefined ? client.None() : secret(clientSecret),
        {
          timeout: timeoutSeconds,
          // Tokens are signed as well as sent by TLS; the configuration allows http for this machine only.
          execute: [
            client.enableNonRepudiationChecks,
            ...(issuer.startsWith("http:") ? [client.allowInsecureRequests] : []),
          ],
        },
      );
      known = { server, at: now() };
      return server;
    } catch (cause) {
      if (known !== null) return known.server; // as it was; if it has gone, the next step tells
      throw new ServiceError("unavailable", `${title} does not answer now`, { cause });
    } finally {
      asked = null;
    }
  };
  return () => {
    if (known !== null && now() - known.at < DISCOVERY_MILLISECONDS) return Promise.resolve(known.server);
    asked ??= ask();
    return asked;
  };
}

/** Claims that are texts or lists of texts. An address of mail that is not known to be theirs is none. */
function attributesOf(claims: Readonly<Record<string, unknown>>): Attributes {
  const attributes = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(claims)) {
    if (name === "email" && claims.email_verified === false) continue;
    const values = [value].flat().filter((part) => typeof part === "string");
    if (values.length > 0) attributes.set(name, values);
  }
  return attributes;
}

function explain(error: unknown, title: string): ServiceError {
  if (error instanceof ServiceError) return error;
  const cause = withCode(error);
  if (error instanceof client.AuthorizationResponseError) {
    const wasRefused = error.error === "access_denied";
    const why = wasRefused ? "you, or it, did not allow it" : "it could not do what was asked";
    return new ServiceError("forbidden", `Cannot sign in by ${title}: ${why}; you may begin again`, { cause });
  }
  if (isOutOfReach(error)) {
    return new ServiceError("unavailable", `${title} does not answer now`, { cause });
  }
  return new ServiceError("forbidden", `Cannot sign in by ${title}: its answer is not valid; please begin again`, {
    cause,
  });
}

/** With what the provider calls the error, and says of it (RFC 6749, sections 4.1.2.1 and 5.2). */
function withCode(error: unknown): unknown {
  if (!(error instanceof client.AuthorizationResponseError || error instanceof client.ResponseBodyError)) return error;
  return new Error(`The provider says ${error.error}: ${error.error_description ?? "no more"}`, { cause: error });
}

/** No answer, a late one, or one of a server in trouble. */
function isOutOfReach(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e.name === "TimeoutError" || e.name === "AbortError" || e.message === "fetch failed") return true;
    if (e.cause instanceof Response) return e.cause.status >= 500;
  }
  return false;
}
