import type { SamlConfig, ValidateInResponseTo } from "@node-saml/node-saml";
import { ServiceError } from "../../errors.ts";
import type { ProviderIdentity } from "../accounts/account.ts";
import { identify } from "./providers-attributes.ts";
import type { SamlConfiguration } from "./providers-schema.ts";
import type { ProviderFrame } from "./provider-frame.ts";
import { readAssertion } from "./saml-assertion.ts";

/** Sign-in by SAML 2.0, Web Browser SSO: request by HTTP-Redirect, answer by HTTP-POST (SAML 2.0 Profiles, section 4.1). */
export type SamlProvider = ProviderFrame & {
  readonly kind: "saml";
  /** What the identity provider has to know of us, as XML. */
  metadata(): Promise<string>;
  /** Takes `SAMLResponse`, the answer to the request of this memory. "forbidden" where it is not one. */
  end(response: string, memory: Readonly<Record<string, string>>): Promise<SamlAnswer>;
};

export type SamlAnswer = {
  readonly identity: ProviderIdentity;
  /** To be used once. `expiresAt`: milliseconds since 1970, after which it would not be taken any more. */
  readonly assertion: { readonly id: string; readonly expiresAt: number };
};

/** When somebody first signs in so: it is the largest of all packages, and few installations use it. */
const loadSaml = () => import("@node-saml/node-saml");

/** What was said longer ago is not taken, however long the provider would have it valid. */
const MOST_AGE_MILLISECONDS = 10 * 60 * 1000;

export function createSamlProvider(
  configuration: SamlConfiguration,
  { authUrl, now }: { readonly authUrl: string; readonly now: () => number },
): SamlProvider {
  const { id, title } = configuration;
  const base = `${authUrl}/saml/${id}`;
  const entityId = configuration.entityId ?? `${base}/metadata`;
  const acsUrl = `${base}/acs`;
  const clockSkewMilliseconds = configuration.clockSkewSeconds * 1000;
  const options = optionsOf(configuration, { entityId, acsUrl });
  return {
    kind: "saml",
    id,
    title,
    startUrl: `${base}/login`,
    async metadata() {
      const { SAML } = await loadSaml();
      return new SAML(options).generateServiceProviderMetadata(null, configuration.certificate);
    },
    async begin(state) {
      const requestId = `_${crypto.randomUUID().replaceAll("-", "")}`; // an xs:ID does not begin with a digit
      const { SAML } = await loadSaml();
      const saml = new SAML({ ...options, generateUniqueId: () => requestId });
      return { address: await saml.getAuthorizeUrlAsync(state, undefined, {}), memory: { requestId } };
    },
    async end(response, memory) {
      try {
        const { requestId } = memory;
        const { issuer, signed, certificates } = configuration;
        const form = { issuer, destination: acsUrl, requestId, signed, certificates };
        const [{ SAML }, { checkResponse }] = await Promise.all([loadSaml(), import("./saml-response.ts")]);
        const checked = await checkResponse(response, form);
        const saml = new SAML({ ...options, cacheProvider: onlyRequest(requestId, now) });
        const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: checked });
        if (profile?.getAssertion === undefined) throw new Error("There is no assertion");
        const expected = { issuer, audience: entityId, recipient: acsUrl, requestId, clockSkewMilliseconds };
        const assertion = readAssertion(profile.getAssertion(), { ...expected, now: now() });
        return { identity: identify(configuration, assertion.attributes), assertion };
      } catch (cause) {
        if (cause instanceof ServiceError) throw cause;
        throw new ServiceError("forbidden", `Cannot sign in by ${title}: its answer is not valid; please begin again`, {
          cause,
        });
      }
    },
  };
}

function optionsOf(
  configuration: SamlConfiguration,
  { entityId, acsUrl }: { readonly entityId: string; readonly acsUrl: string },
): SamlConfig {
  const { signed } = configuration;
  return {
    issuer: entityId,
    audience: entityId,
    callbackUrl: acsUrl,
    entryPoint: configuration.entryPoint,
    idpIssuer: configuration.issuer,
    idpCert: [...configuration.certificates],
    privateKey: configuration.privateKey,
    publicCert: configuration.certificate,
    signatureAlgorithm: "sha256",
    digestAlgorithm: "sha256",
    identifierFormat: configuration.nameIdFormat ?? null,
    disableRequestedAuthnContext: true, // how users prove who they are is between them and the provider
    wantAssertionsSigned: signed !== "response",
    wantAuthnResponseSigned: signed !== "assertion",
    validateInResponseTo: "always" as ValidateInResponseTo.always,
    acceptedClockSkewMs: configuration.clockSkewSeconds * 1000,
    maxAssertionAgeMs: MOST_AGE_MILLISECONDS,
  };
}

/** Only this request has been made. That it is answered once, and in time, is told from the sign-in that remembers it. */
function onlyRequest(requestId: string, now: () => number): NonNullable<SamlConfig["cacheProvider"]> {
  return {
    saveAsync: () => Promise.resolve(null),
    getAsync: (key) => Promise.resolve(key === requestId ? new Date(now()).toISOString() : null),
    removeAsync: () => Promise.resolve(null),
  };
}
