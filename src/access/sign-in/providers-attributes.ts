import { ServiceError } from "../../errors.ts";
import type { ProviderIdentity } from "../accounts/account.ts";
import type { ProviderConfiguration } from "./providers-schema.ts";

/** What a provider says of a user: names of attributes or claims, each with its values. */
export type Attributes = ReadonlyMap<string, readonly string[]>;

/** Object identifiers that SAML uses for these (MACE-Dir SAML Attribute Profiles; RFC 4519, RFC 2798; eduPerson). */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  eduPersonPrincipalName: "urn:oid:1.3.6.1.4.1.5923.1.1.1.6",
  eduPersonEntitlement: "urn:oid:1.3.6.1.4.1.5923.1.1.1.7",
  eduPersonTargetedID: "urn:oid:1.3.6.1.4.1.5923.1.1.1.10",
  eduPersonUniqueId: "urn:oid:1.3.6.1.4.1.5923.1.1.1.13",
  isMemberOf: "urn:oid:1.3.6.1.4.1.5923.1.5.1.1",
  uid: "urn:oid:0.9.2342.19200300.100.1.1",
  mail: "urn:oid:0.9.2342.19200300.100.1.3",
  cn: "urn:oid:2.5.4.3",
  displayName: "urn:oid:2.16.840.1.113730.3.1.241",
  "subject-id": "urn:oasis:names:tc:SAML:attribute:subject-id",
  "pairwise-id": "urn:oasis:names:tc:SAML:attribute:pairwise-id",
};

type Sources = { readonly subject: string } & Readonly<Record<"name" | "fullName" | "email" | "groups", string[]>>;

const DEFAULTS: Readonly<Record<ProviderConfiguration["kind"], Sources>> = {
  saml: {
    subject: "eduPersonPrincipalName",
    name: ["uid", "eduPersonPrincipalName"],
    fullName: ["displayName", "cn"],
    email: ["mail"],
    groups: ["isMemberOf"],
  },
  oidc: {
    subject: "sub",
    name: ["preferred_username", "eppn", "email"],
    fullName: ["name"],
    email: ["email"],
    groups: ["isMemberOf", "groups"],
  },
};

const MOST_SUBJECT = 1024;

/** "forbidden" where the attribute is missing by which the user is known again. */
export function identify(configuration: ProviderConfiguration, attributes: Attributes): ProviderIdentity {
  const { id, title, kind } = configuration;
  const sources = { ...DEFAULTS[kind], ...withoutUndefined(configuration.attributes) };
  const subjects = [...new Set(valuesOf(attributes, sources.subject))];
  if (subjects.length !== 1 || subjects[0].length > MOST_SUBJECT || /\p{Control}/u.test(subjects[0])) {
    const found = ["is not among the attributes it sends", "cannot be used"][subjects.length] ?? "has several values";
    throw new ServiceError(
      "forbidden",
      `Cannot sign in by ${title}: it has to tell who you are, and ${sources.subject} ${found}; please ask whoever runs your account there`,
    );
  }
  const first = (names: readonly string[]) => names.flatMap((name) => valuesOf(attributes, name)).at(0) ?? null;
  return {
    provider: id,
    subject: subjects[0],
    name: first(sources.name) ?? subjects[0],
    fullName: first(sources.fullName),
    email: first(sources.email),
    groups: groupsOf(
      configuration,
      sources.groups.flatMap((name) => valuesOf(attributes, name)),
    ),
  };
}

/** Under its own name, or the one that SAML has for it; empty ones are none. */
function valuesOf(attributes: Attributes, name: string): string[] {
  const other = Object.hasOwn(OTHER_NAMES, name) ? attributes.get(OTHER_NAMES[name]) : undefined;
  return [...(attributes.get(name) ?? []), ...(other ?? [])]
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

function groupsOf({ groups }: ProviderConfiguration, values: readonly string[]): string[] {
  const { removePrefix, allow, addPrefix } = groups;
  const names = values
    .filter((value) => value.startsWith(removePrefix) && value.length > removePrefix.length)
    .map((value) => value.slice(removePrefix.length))
    .filter((name) => allow === undefined || allow.some((pattern) => matches(pattern, name)));
  return [...new Set(names)].map((name) => addPrefix + name);
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function withoutUndefined<T extends object>(values: T): { [K in keyof T]-?: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]-?: Exclude<T[K], undefined> };
}
