import { z } from "zod";

/** How secrets and certificates are had: they are named in the file of providers, and never written there. */
export type SecretReader = {
  /** Throws an Error that says what is wrong, without the value. */
  read(name: string): string;
};

const ID = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** Where attributes come from: one name, or several, of which the first that is there is taken (of groups, all). */
const sources = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).transform((names) => [names].flat());

const attributes = z
  .strictObject({
    /** By one name only: what two attributes say may be two people. */
    subject: z.string().min(1).optional(),
    name: sources.optional(),
    fullName: sources.optional(),
    email: sources.optional(),
    groups: sources.optional(),
  })
  .prefault({});

const groups = z
  .strictObject({
    /** Only groups that begin so count, and lose it. */
    removePrefix: z.string().default(""),
    /** Only these, as they are without that prefix; `*` at the end stands for anything. */
    allow: z.array(z.string().min(1)).optional(),
    /** Put before what is left, so that groups of two providers are not taken for one another. */
    addPrefix: z.string().default(""),
  })
  .prefault({});

const frame = {
  id: z
    .string()
    .regex(ID, "it must be 1 to 32 of a-z 0-9 -, without - at the ends")
    .refine((id) => id !== "local", "local is the name of accounts with a password here"),
  title: z.string().trim().min(1).max(100),
  attributes,
  groups,
};

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** What passes through others must be encrypted; only a provider on this machine need not. */
const address = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.test(url.hostname));
}, "it must be an https address");

const oidc = (secret: z.ZodType<string, string>) =>
  z.strictObject({
    kind: z.literal("oidc"),
    ...frame,
    /** Its configuration is found under this address (OpenID Connect Discovery 1.0). */
    issuer: address,
    clientId: z.string().min(1),
    /** Left out by a client that has none, and proves itself by PKCE alone. */
    clientSecret: secret.optional(),
    clientAuthentication: z.enum(["basic", "post"]).default("basic"),
    scopes: z.array(z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/)).default(["openid", "profile", "email"]),
    /** Ask for more attributes than the ID token has. */
    userInfo: z.boolean().default(true),
    timeoutSeconds: z.number().min(0.1).max(60).default(10),
  });

const saml = (secret: z.ZodType<string, string>) =>
  z.strictObject({
    kind: z.literal("saml"),
    ...frame,
    /** Entity id of the identity provider. */
    issuer: z.string().min(1),
    /** Its SingleSignOnService of the binding HTTP-Redirect. */
    entryPoint: address,
    /** Those that it signs with; two while it changes them. */
    certificates: z.array(secret).min(1),
    /** What it must sign, always all that is used of its answer. */
    signed: z.enum(["assertion", "response", "both"]).default("assertion"),
    /** Entity id of ours; else the address of the metadata. */
    entityId: z.string().min(1).max(1024).optional(),
    /** Ours, to sign requests with; RSA. */
    privateKey: secret,
    certificate: secret,
    /** Format of the NameID that is asked for. */
    nameIdFormat: z.string().min(1).optional(),
    /** How far its clock and ours may be apart. */
    clockSkewSeconds: z.number().min(0).max(300).default(60),
  });

export type OidcConfiguration = z.output<ReturnType<typeof oidc>>;
export type SamlConfiguration = z.output<ReturnType<typeof saml>>;
export type ProviderConfiguration = OidcConfiguration | SamlConfiguration;

/** Checks the list of providers; secrets are read on the way. Tells all that is wrong with it, a line each. */
export function parseProviders(
  json: unknown,
  reader: SecretReader,
): { readonly providers: readonly ProviderConfiguration[]; readonly problems: readonly string[] } {
  const secret = z
    .string()
    .min(1)
    .transform((name, context) => {
      try {
        return reader.read(name);
      } catch (error) {
        context.addIssue({ code: "custom", message: error instanceof Error ? error.message : "it cannot be read" });
        return z.NEVER;
      }
    });
  const schema = z.array(z.discriminatedUnion("kind", [oidc(secret), saml(secret)]));
  const parsed = schema.safeParse(json);
  const problems = parsed.success ? [] : parsed.error.issues.map((issue) => describeIssue(issue, json));
  const providers = parsed.data ?? [];
  for (const [index, { id }] of providers.entries()) {
    if (providers.findIndex((other) => other.id === id) < index) problems.push(`${id}: there are two of this id`);
  }
  return { providers, problems };
}

/** `cilogon.scopes[1]: what is wrong`. Values are not repeated: one may be a secret that somebody wrote there after all. */
function describeIssue(issue: z.core.$ZodIssue, json: unknown): string {
  const [index, ...rest] = issue.path;
  const entry: unknown = Array.isArray(json) && typeof index === "number" ? json[index] : undefined;
  const id = typeof entry === "object" && entry !== null && "id" in entry ? entry.id : undefined;
  const where =
    typeof id === "string" && ID.test(id) ? id : index === undefined ? "the list" : `entry ${String(index)}`;
  const path = rest.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `${where}${path}: ${issue.message}`;
}
