import type { Attributes } from "./providers-attributes.ts";

/** An element as the library hands it over once its signature is found good: names without their prefixes. */
type Node = { readonly $?: Readonly<Record<string, string>>; readonly _?: string };

export type ExpectedAssertion = {
  readonly issuer: string;
  readonly audience: string;
  readonly recipient: string;
  readonly requestId: string;
  readonly clockSkewMilliseconds: number;
  /** Milliseconds since 1970. */
  readonly now: number;
};

export type Assertion = {
  readonly id: string;
  /** Milliseconds since 1970; nobody takes it after that. */
  readonly expiresAt: number;
  /** With `NameID`, where it is one that lasts. */
  readonly attributes: Attributes;
};

const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

/**
 * Checks what an assertion says of itself (SAML 2.0 Profiles, section 4.1.4.3; Core, section 2.5), and reads it.
 * Nothing but signed bytes comes here. Throws an Error for the log.
 */
export function readAssertion(document: unknown, expected: ExpectedAssertion): Assertion {
  const assertion = only(document, "Assertion");
  const id = assertion.$?.ID ?? "";
  if (id === "" || assertion.$?.Version !== "2.0") throw new Error("The assertion is not of SAML 2.0");
  const issuer = textOf(only(assertion, "Issuer"));
  if (issuer !== expected.issuer) throw new Error(`The assertion is from ${issuer}`);
  const subject = only(assertion, "Subject");
  const expiresAt = confirm(subject, expected);
  checkConditions(only(assertion, "Conditions"), expected);
  const statements = all(assertion, "AuthnStatement");
  if (statements.length === 0) throw new Error("The assertion does not say that anybody has signed in");
  for (const { $ } of statements) checkTimes(undefined, $?.SessionNotOnOrAfter, expected);
  const attributes = new Map<string, readonly string[]>();
  for (const attribute of all(assertion, "AttributeStatement").flatMap((statement) => all(statement, "Attribute"))) {
    const name = attribute.$?.Name ?? "";
    const values = all(attribute, "AttributeValue").map(textOf);
    attributes.set(name, [...(attributes.get(name) ?? []), ...values]);
  }
  attributes.set("NameID", nameIdOf(subject));
  return { id, expiresAt, attributes };
}

/** One confirmation that holds is enough. Tells until when. */
function confirm(subject: Node, expected: ExpectedAssertion): number {
  const problems: string[] = [];
  for (const confirmation of all(subject, "SubjectConfirmation")) {
    try {
      if (confirmation.$?.Method !== BEARER) throw new Error(`It is confirmed by ${confirmation.$?.Method}`);
      const { $ = {} } = only(confirmation, "SubjectConfirmationData");
      if ($.Recipient !== expected.recipient) throw new Error(`It is for ${$.Recipient}`);
      if ($.InResponseTo !== expected.requestId) throw new Error("It answers another request");
      if ($.NotOnOrAfter === undefined) throw new Error("It does not say when it ends");
      checkTimes($.NotBefore, $.NotOnOrAfter, expected);
      return instant($.NotOnOrAfter) + expected.clockSkewMilliseconds;
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  throw new Error(`The subject is not confirmed: ${problems.join("; ") || "nothing confirms it"}`);
}

function checkConditions(conditions: Node, expected: ExpectedAssertion): void {
  checkTimes(conditions.$?.NotBefore, conditions.$?.NotOnOrAfter, expected);
  const restrictions = all(conditions, "AudienceRestriction");
  const isForUs = (restriction: Node) => all(restriction, "Audience").map(textOf).includes(expected.audience);
  if (restrictions.length === 0 || !restrictions.every(isForUs)) throw new Error("The assertion is for somebody else");
}

function checkTimes(
  notBefore: string | undefined,
  notOnOrAfter: string | undefined,
  { now, clockSkewMilliseconds }: ExpectedAssertion,
): void {
  if (notBefore !== undefined && instant(notBefore) > now + clockSkewMilliseconds) {
    throw new Error(`It begins at ${notBefore}`);
  }
  if (notOnOrAfter !== undefined && instant(notOnOrAfter) <= now - clockSkewMilliseconds) {
    throw new Error(`It ended at ${notOnOrAfter}`);
  }
}

function instant(text: string): number {
  const value = Date.parse(text);
  if (Number.isNaN(value)) throw new Error(`"${text}" is no time`);
  return value;
}

/** One that changes with every sign-in says nothing. */
function nameIdOf(subject: Node): readonly string[] {
  return all(subject, "NameID")
    .filter((nameId) => nameId.$?.Format !== TRANSIENT)
    .map(textOf);
}

function only(parent: unknown, name: string): Node {
  const found = all(parent, name);
  if (found.length !== 1) throw new Error(`There are ${found.length} ${name}, and one is needed`);
  return found[0];
}

function all(parent: unknown, name: string): readonly Node[] {
  const value = typeof parent === "object" && parent !== null ? (parent as Record<string, unknown>)[name] : undefined;
  return [value ?? []].flat().map((node) => (typeof node === "string" ? { _: node } : (node as Node)));
}

function textOf(node: Node): string {
  return (node._ ?? "").trim();
}
