import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startSamlIdp, type AnswerChanges, type SamlIdp } from "../support/saml-idp.ts";
import { takeApart, WRAPPINGS } from "../support/saml-wrapping.ts";
import { makeKeyAndCertificate } from "../support/self-signed-certificate.ts";
import { AUTH_URL, createSignInApp, CUTOUT_URL, type SignInApp } from "../support/sign-in-app.ts";
import { readForm, type Page, type TestBrowser } from "../support/test-browser.ts";

const ACS_URL = `${AUTH_URL}/saml/linea/acs`;
const START_URL = `${AUTH_URL}/saml/linea/login`;
const EPPN = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6";
const MEMBER = "urn:oid:1.3.6.1.4.1.5923.1.5.1.1";
const SUBJECT = "ana@linea.example";
const SECOND = 1000;
const MINUTE = 60 * SECOND;

const ours = makeKeyAndCertificate("auth.survey.example");
const stranger = makeKeyAndCertificate("stranger");
let idp: SamlIdp;
let service: SignInApp;
let browser: TestBrowser;

beforeAll(async () => {
  idp = await startSamlIdp("linea");
  idp.trust({ certificate: ours.certificate, acsUrl: ACS_URL });
});
afterAll(() => idp.close());
beforeEach(async () => {
  idp.user = {
    nameId: "r4nd0m",
    attributes: {
      [EPPN]: SUBJECT,
      "urn:oid:2.16.840.1.113730.3.1.241": "Ana Souza",
      "urn:oid:0.9.2342.19200300.100.1.3": "ana.souza@linea.example",
      [MEMBER]: ["des", "staff"],
    },
  };
  await useService({});
});
afterEach(() => {
  vi.useRealTimers();
  service.close();
});

/** A service with one provider, whose entry has these changes. */
async function useService(changes: Readonly<Record<string, unknown>>): Promise<void> {
  const provider = {
    id: "linea",
    title: "LIneA",
    kind: "saml",
    issuer: idp.issuer,
    entryPoint: idp.entryPoint,
    certificates: ["idp"],
    privateKey: "key",
    certificate: "certificate",
    ...changes,
  };
  const secrets = { idp: idp.certificate, key: ours.privateKey, certificate: ours.certificate };
  service = await createSignInApp([provider, { ...provider, id: "other", title: "Other" }], secrets);
  browser = service.newBrowser();
}

/** Begins a sign-in; tells the address at the provider that the browser was sent to. */
async function beginSignIn(by = browser): Promise<string> {
  return (await by.open(START_URL, (address) => address.startsWith(idp.entryPoint))).url;
}

async function sendAnswer(request: string, xml: string, by = browser, acs = ACS_URL): Promise<Page> {
  const RelayState = new URL(request).searchParams.get("RelayState") ?? "";
  return by.post(acs, { SAMLResponse: Buffer.from(xml).toString("base64"), RelayState });
}

/** Signs in with an answer that says something else than it should, and is signed all the same. */
async function signInBy(changes: AnswerChanges): Promise<Page> {
  const request = await beginSignIn();
  return sendAnswer(request, await idp.answer(request, changes));
}

/** Signs in with an answer that somebody has changed on the way. */
async function signInByChanged(change: (xml: string) => string, changes: AnswerChanges = {}): Promise<Page> {
  const request = await beginSignIn();
  const xml = await idp.answer(request, changes);
  const changed = change(xml);
  expect(changed).not.toBe(xml);
  return sendAnswer(request, changed);
}

function expectSignedIn(page: Page): void {
  expect(page).toMatchObject({ status: 200, text: "account" });
  expect(service.signedIn(browser)).toBe(SUBJECT);
}

/** The user sees no detail, the log has `why`, and nobody is signed in. */
function expectRefused(page: Page, why: RegExp): void {
  expect(page.text).toMatch(/^AuthorizationError: Cannot sign in by LIneA: [^<]*\n$/);
  expect(page.status).toBe(403);
  expect(service.lastFailure()).toMatch(why);
  expect(service.signedIn(browser)).toBeUndefined();
  expect(service.audited).toMatchObject([{ action: "sign-in-refused", detail: { provider: "linea" } }]);
}

/** It is told to begin again: whether there was such a sign-in is not. */
function expectNotUnderWay(page: Page): void {
  expect(page.text).toMatch(
    /^UsageError: Cannot sign in by \w+: the sign-in was not begun in this browser, took too long, or/,
  );
  expect(page.status).toBe(400);
  expect(service.signedIn(browser)).toBeUndefined();
  expect(service.audited).toEqual([]);
}

describe("a sign-in by SAML", () => {
  test("makes an account with name, mail and groups, and goes back to where it began", async () => {
    const page = await browser.open(`${START_URL}?return_to=${encodeURIComponent(`${CUTOUT_URL}/docs`)}`);
    expect(page.status).toBe(200); // samlp has found our signature good
    const { action, fields } = readForm(page.text);
    expect(action).toBe(ACS_URL);
    const end = await browser.post(action, fields, idp.entryPoint);
    expect(end).toMatchObject({ status: 303, url: `${CUTOUT_URL}/docs` });
    expect(service.signedIn(browser)).toBe(SUBJECT);
    expect(await service.accounts.find(SUBJECT)).toMatchObject({
      fullName: "Ana Souza",
      email: "ana.souza@linea.example",
      role: "user",
      hasPassword: false,
      providers: ["linea"],
      groups: [
        { name: "des", source: "linea" },
        { name: "staff", source: "linea" },
      ],
    });
    expect(service.audited).toMatchObject([{ action: "sign-in", actorName: SUBJECT }]);
  });

  test("asks with a signature that the provider checks", async () => {
    const request = new URL(await beginSignIn());
    request.searchParams.set("RelayState", "another");
    const page = await browser.open(request.href);
    expect(page).toMatchObject({ status: 400 });
    expect(page.text).toContain("does not match");
  });

  test("finds the account again, whose groups are those that the provider has now", async () => {
    expectSignedIn(await signInBy({}));
    const first = await service.accounts.find(SUBJECT);
    idp.user = { ...idp.user, nameId: "an0ther", attributes: { [EPPN]: SUBJECT, [MEMBER]: "lsst" } };
    expectSignedIn(await signInBy({}));
    const second = await service.accounts.find(SUBJECT);
    expect(second?.id).toBe(first?.id);
    expect(second?.groups).toEqual([{ name: "lsst", source: "linea" }]);
  });

  test("takes an answer of which the response is signed, where the provider does that", async () => {
    await useService({ signed: "response" });
    expectSignedIn(await signInBy({ signAssertion: false, signResponse: true }));
  });

  test("takes an answer of which both are signed", async () => {
    await useService({ signed: "both" });
    expectSignedIn(await signInBy({ signAssertion: true, signResponse: true }));
  });

  test("takes an answer of 20 kB, of somebody in many groups", async () => {
    const groups = Array.from({ length: 160 }, (_, i) => `urn:mace:linea.example:group:survey-${i}`);
    idp.user = { ...idp.user, attributes: { ...idp.user.attributes, [MEMBER]: groups } };
    const request = await beginSignIn();
    const xml = await idp.answer(request);
    expect(xml.length).toBeGreaterThan(20_000);
    expectSignedIn(await sendAnswer(request, xml));
    expect((await service.accounts.find(SUBJECT))?.groups).toHaveLength(160);
  });

  test("goes on in two windows at a time", async () => {
    const [one, two] = [await beginSignIn(), await beginSignIn()];
    expectSignedIn(await sendAnswer(one, await idp.answer(one)));
    expect((await sendAnswer(two, await idp.answer(two))).status).toBe(200);
  });

  test("by a clock that is half a minute apart", async () => {
    const request = await beginSignIn();
    setClock(30 * SECOND);
    const xml = await idp.answer(request);
    setClock(0);
    expectSignedIn(await sendAnswer(request, xml));
  });

  test("by the NameID, where it lasts", async () => {
    await useService({ attributes: { subject: "NameID", name: "uid" } });
    idp.user = { nameId: SUBJECT, attributes: {} };
    expectSignedIn(await signInBy({}));
  });

  test("has metadata that name the address of answers, our certificate and what is to be signed", async () => {
    const page = await browser.open(`${AUTH_URL}/saml/linea/metadata`);
    expect(page.headers.get("content-type")).toBe("application/samlmetadata+xml");
    expect(page.text).toContain(`entityID="${AUTH_URL}/saml/linea/metadata"`);
    expect(page.text).toContain(`Location="${ACS_URL}"`);
    expect(page.text).toContain('AuthnRequestsSigned="true"');
    expect(page.text).toContain('WantAssertionsSigned="true"');
    expect(page.text.replace(/\s/g, "")).toContain(ours.certificate.split("\n").slice(1, -2).join(""));
  });

  test("is told of by name where an attribute is missing", async () => {
    idp.user = { nameId: "r4nd0m", attributes: {} };
    const page = await signInBy({});
    expectRefused(page, /eduPersonPrincipalName/);
    expect(page.text).toContain("eduPersonPrincipalName is not among the attributes it sends");
  });

  test("is refused to a closed account", async () => {
    expectSignedIn(await signInBy({}));
    const account = await service.accounts.find(SUBJECT);
    await service.accounts.update(account?.id ?? "", { disabled: true });
    const page = await signInBy({});
    expect(page.status).toBe(403);
    expect(page.text).toMatch(/closed/);
  });

  test("that the provider refuses is told so", async () => {
    const request = await beginSignIn();
    const status = "urn:oasis:names:tc:SAML:2.0:status:Responder";
    const xml = (await idp.answer(request, { samlStatusCode: status })).replace(
      /<saml:Assertion.*<\/saml:Assertion>/s,
      "",
    );
    expectRefused(await sendAnswer(request, xml), /status:Responder/);
  });

  test("leads to addresses of ours only", async () => {
    for (const wanted of ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      const request = (
        await browser.open(`${START_URL}?return_to=${encodeURIComponent(wanted)}`, (a) => a.startsWith(idp.entryPoint))
      ).url;
      expectSignedIn(await sendAnswer(request, await idp.answer(request)));
    }
  });
});

describe("an answer is refused that", () => {
  test("comes a second time", async () => {
    const request = await beginSignIn();
    const xml = await idp.answer(request);
    expectSignedIn(await sendAnswer(request, xml));
    const again = service.newBrowser();
    const page = await sendAnswer(request, xml, again);
    expect(page.status).toBe(400);
    expect(service.signedIn(again)).toBeUndefined();
  });

  test("comes twice at the same time", async () => {
    const request = await beginSignIn();
    const xml = await idp.answer(request);
    const pages = await Promise.all([1, 2, 3, 4].map(() => sendAnswer(request, xml)));
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  });

  test("was used for another request", async () => {
    const first = await beginSignIn();
    const xml = await idp.answer(first);
    const second = await beginSignIn();
    expectRefused(await sendAnswer(second, xml), /answers another request/);
  });

  test("comes after one that was refused", async () => {
    const request = await beginSignIn();
    expectRefused(await sendAnswer(request, "<a/>"), /no Response/);
    service.audited.length = 0;
    expectNotUnderWay(await sendAnswer(request, await idp.answer(request)));
  });

  test("answers no request of ours", async () => {
    const xml = await idp.answer(await beginSignIn());
    expectNotUnderWay(await sendAnswer(`${ACS_URL}?RelayState=`, xml));
  });

  test("answers no request at all", async () => {
    expectRefused(await signInByChanged((xml) => xml.replace(/ InResponseTo="[^"]*"/g, "")), /another request/);
    service.audited.length = 0;
    // Signed so: samlp leaves out what is empty.
    expectRefused(await signInBy({ inResponseTo: "" }), /another request|InResponseTo/);
  });

  test("goes to another provider of ours", async () => {
    const request = await beginSignIn();
    const xml = await idp.answer(request);
    expectNotUnderWay(await sendAnswer(request, xml, browser, `${AUTH_URL}/saml/other/acs`));
  });

  test("comes to another browser than the one that began", async () => {
    const attacker = service.newBrowser();
    const request = await beginSignIn(attacker);
    const xml = await idp.answer(request);
    expectNotUnderWay(await sendAnswer(request, xml));
  });

  test("comes to a browser that has begun a sign-in of its own", async () => {
    await beginSignIn();
    const attacker = service.newBrowser();
    const request = await beginSignIn(attacker);
    expectNotUnderWay(await sendAnswer(request, await idp.answer(request)));
  });

  test("has not come before its sign-in is ended", async () => {
    const state = new URL(await beginSignIn()).searchParams.get("RelayState");
    expectNotUnderWay(await browser.open(`${AUTH_URL}/saml/linea/finish?state=${state}`));
  });

  test("comes after a quarter of an hour", async () => {
    const request = await beginSignIn();
    setClock(16 * MINUTE);
    expectNotUnderWay(await sendAnswer(request, await idp.answer(request)));
  });

  test("has another user's name than was signed", async () => {
    expectRefused(await signInByChanged((xml) => xml.replaceAll(SUBJECT, "eva@linea.example")), /Invalid signature/);
  });

  test("has one more group than was signed", async () => {
    const group = (name: string) => new RegExp(`<saml:AttributeValue[^>]*>${name}</saml:AttributeValue>`);
    const add = (xml: string) => xml.replace(group("staff"), (all) => all + all.replace("staff", "admins"));
    expectRefused(await signInByChanged(add), /Invalid signature/);
  });

  test("is not signed", async () => {
    expectRefused(await signInBy({ signAssertion: false }), /Invalid signature/);
  });

  test("has lost its signature", async () => {
    const strip = (xml: string) => xml.replace(/<Signature.*?<\/Signature>/s, "");
    expectRefused(await signInByChanged(strip), /Invalid signature/);
  });

  test("is signed as a response where the assertion has to be", async () => {
    expectRefused(await signInBy({ signAssertion: false, signResponse: true }), /Invalid signature/);
  });

  test("is signed as an assertion where the response has to be", async () => {
    await useService({ signed: "response" });
    expectRefused(await signInBy({}), /Invalid document signature/);
  });

  test("is signed by another key, whose certificate it brings", async () => {
    const { privateKey: key, certificate: cert } = stranger;
    expectRefused(await signInBy({ key, cert }), /Invalid signature/);
  });

  test("is signed by SHA-1", async () => {
    expectRefused(await signInBy({ signatureAlgorithm: "rsa-sha1" }), /made by .*rsa-sha1/);
    service.audited.length = 0;
    expectRefused(await signInBy({ digestAlgorithm: "sha1" }), /made by .*sha1/);
  });

  test("is signed by HMAC with our certificate as the secret", async () => {
    const change = (xml: string) =>
      xml.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1");
    expectRefused(await signInByChanged(change), /made by .*hmac/);
  });

  test("is for somebody else", async () => {
    expectRefused(await signInBy({ audience: "https://another.example/metadata" }), /audience|somebody else/);
  });

  test("is for nobody in particular", async () => {
    expectRefused(await signInBy({ audience: "" }), /Audience|audience|somebody else/);
  });

  test("was sent to somebody else", async () => {
    expectRefused(await signInBy({ destination: "https://another.example/acs" }), /is for https:\/\/another/);
  });

  test("may be received by somebody else only", async () => {
    expectRefused(await signInBy({ recipient: "https://another.example/acs" }), /It is for https:\/\/another/);
    service.audited.length = 0;
    expectRefused(await signInBy({ recipient: `${ACS_URL}/../acs` }), /It is for/);
  });

  test("is from another provider", async () => {
    expectRefused(await signInBy({ issuer: "https://evil.example/idp" }), /from https:\/\/evil/);
  });

  test("has expired", async () => {
    const request = await beginSignIn();
    const xml = await idp.answer(request, { lifetimeInSeconds: 60 });
    setClock(3 * MINUTE);
    expectRefused(await sendAnswer(request, xml), /expired|ended|confirmation/);
  });

  test("does not expire soon, and is old", async () => {
    const request = await beginSignIn();
    const xml = await idp.answer(request, { lifetimeInSeconds: 86_400 });
    setClock(12 * MINUTE);
    expectRefused(await sendAnswer(request, xml), /too old|confirmation/);
  });

  test("is not valid yet", async () => {
    const request = await beginSignIn();
    setClock(3 * MINUTE);
    const xml = await idp.answer(request);
    setClock(0);
    expectRefused(await sendAnswer(request, xml), /not yet valid|begins at/);
  });

  test("never expires", async () => {
    expectRefused(await signInBy({ lifetimeInSeconds: Infinity }), /date|expire|end/i);
  });

  test("says that it is a failure, with an assertion", async () => {
    expectRefused(await signInBy({ samlStatusCode: "urn:oasis:names:tc:SAML:2.0:status:Requester" }), /Requester/);
  });

  test.each([
    ["a DOCTYPE", (xml: string) => `<!DOCTYPE r [<!ENTITY e "${SUBJECT}">]>${xml}`],
    ["an entity of its own", (xml: string) => `<!DOCTYPE r [<!ENTITY e "x">]>${xml.replace(SUBJECT, "&e;")}`],
    ["entities of entities", (xml: string) => `<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>${xml}`],
    ["a file of ours", (xml: string) => `<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml}`],
    ["an instruction", (xml: string) => `<?xml-stylesheet href="x"?>${xml}`],
    ["CDATA", (xml: string) => xml.replace(SUBJECT, `<![CDATA[${SUBJECT}]]>`)],
    ["a comment in the name", (xml: string) => xml.replace(SUBJECT, "ana@linea.example<!-- -->")],
  ])("has %s", async (_, change) => {
    expectRefused(await signInByChanged(change), /DOCTYPE, comment/);
  });

  test("has a comment in a NameID that its user chose: ana@linea.example<!---->.evil.example", async () => {
    await useService({ attributes: { subject: "NameID" } });
    idp.user = { nameId: `${SUBJECT}.evil.example`, attributes: {} };
    // What canonicalization leaves out: the signature stays good, and readers of the first text see another name.
    const cut = (xml: string) => xml.replace(`${SUBJECT}.evil`, `${SUBJECT}<!---->.evil`);
    expectRefused(await signInByChanged(cut), /DOCTYPE, comment/);
  });

  test.each(["", "!!!", "PGE+", "<a/>", Buffer.from([0xff, 0xfe, 0x3c]).toString("base64")])(
    "is %j",
    async (response) => {
      const RelayState = new URL(await beginSignIn()).searchParams.get("RelayState") ?? "";
      expectRefused(await browser.post(ACS_URL, { SAMLResponse: response, RelayState }), /./);
    },
  );

  test.each([
    ["very deep", "<a>".repeat(4000) + "</a>".repeat(4000)],
    ["of very many elements", "<a/>".repeat(7000)],
    ["of very many attributes", `<a ${Array.from({ length: 3000 }, (_, i) => `a${i}=""`).join(" ")}/>`],
  ])("is %s, in time", async (_, added) => {
    const [before, deadline] = ["<KeyInfo>", performance.now() + 5 * SECOND];
    expectRefused(await signInByChanged((xml) => xml.replace(before, added + before)), /too large/);
    expect(performance.now()).toBeLessThan(deadline);
  });

  test("is by nobody whom we know, before anything looks for what it says", async () => {
    const filler = "<a/>".repeat(2000);
    const strange = (xml: string) =>
      xml.replace("<KeyInfo>", `<KeyInfo>${filler}`).replace(/(SignatureValue>).{8}/, "$1AAAAAAAA");
    expectRefused(await signInByChanged(strange), /Invalid signature: it is by a key that is not the provider's/);
  });

  test("is no markup, before a parser sees it", async () => {
    const request = await beginSignIn();
    expectRefused(await sendAnswer(request, "\u2039".repeat(12_000)), /markup that is none/);
  });

  test("comes after twenty others from there, in a minute", async () => {
    for (let i = 0; i < 20; i++) expect((await sendAnswer(await beginSignIn(), "<a/>")).status).toBe(403);
    const request = await beginSignIn();
    const page = await sendAnswer(request, await idp.answer(request));
    expect(page.status).toBe(429);
    expect(Number(page.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("is larger than any, or no form", async () => {
    expect((await browser.post(ACS_URL, { SAMLResponse: "A".repeat(70_000) })).status).toBe(413);
    expect((await browser.post(ACS_URL, { SAMLResponse: "A".repeat(600_000) })).status).toBe(413);
    expect((await browser.post(ACS_URL, { RelayState: "a" })).status).toBe(400);
    expect(service.signedIn(browser)).toBeUndefined();
  });
});

describe("a signed element that is wrapped is refused,", () => {
  const forge = { replace: [SUBJECT, "eva@linea.example"] as const };
  const ways = Object.entries(WRAPPINGS).flatMap(([name, wrap]) => [
    [name, wrap, "ids of its own", (id: string) => `${id}e`] as const,
    [name, wrap, "the same ids", (id: string) => id] as const,
  ]);

  test.each(ways)("%s, with %s", async (name, wrap, _, newId) => {
    const isOfResponse = /XSW[12]/.test(name);
    if (isOfResponse) await useService({ signed: "response" });
    const changes = isOfResponse ? { signAssertion: false, signResponse: true } : {};
    const page = await signInByChanged((xml) => wrap(takeApart(xml, { ...forge, newId })), changes);
    expectRefused(page, /Assertion|Signature|Response|Extensions|Two elements/);
    expect(await service.accounts.find("eva@linea.example")).toBeNull();
  });
});

/** Both sides read the same clock; what was said before stays as it is. */
function setClock(aheadMilliseconds: number): void {
  vi.useRealTimers();
  const now = Date.now() + aheadMilliseconds;
  if (aheadMilliseconds > 0) vi.useFakeTimers({ now, toFake: ["Date"] });
}
