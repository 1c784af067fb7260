import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openAuthService } from "../../src/bin/auth-service.ts";
import { readConfiguration } from "../../src/bin/configuration.ts";
import type { RunningService } from "../../src/bin/running-service.ts";
import { openSharedServices, type SharedServices } from "../../src/bin/shared-services.ts";
import { CLIENT_ID, CLIENT_SECRET, startOidcOp, type OidcOp } from "../support/oidc-op.ts";
import { startSamlIdp, type SamlIdp } from "../support/saml-idp.ts";
import { makeKeyAndCertificate } from "../support/self-signed-certificate.ts";
import { AUTH_URL } from "../support/sign-in-app.ts";
import { createTestBrowser, readForm, type TestBrowser } from "../support/test-browser.ts";

const ours = makeKeyAndCertificate("auth.survey.example");
let folder: string;
let idp: SamlIdp;
let op: OidcOp;
let shared: SharedServices;
let service: RunningService;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "recorte-sign-in-"));
  idp = await startSamlIdp("linea");
  idp.trust({ certificate: ours.certificate, acsUrl: `${AUTH_URL}/saml/linea/acs` });
  idp.user = { nameId: "1", attributes: { eduPersonPrincipalName: "ana@linea.example", isMemberOf: ["des"] } };
  op = await startOidcOp([`${AUTH_URL}/oidc/cilogon/callback`]);
  op.user = { sub: "http://cilogon.org/serverA/users/1", preferred_username: "ben" };
  writeFileSync(join(folder, "idp.pem"), idp.certificate);
  writeFileSync(join(folder, "key.pem"), ours.privateKey);
  writeFileSync(join(folder, "certificate.pem"), ours.certificate);
  vi.stubEnv("CILOGON_SECRET", CLIENT_SECRET);
  const saml = { id: "linea", title: "LIneA", kind: "saml", issuer: idp.issuer, entryPoint: idp.entryPoint };
  const oidc = { id: "cilogon", title: "CILogon", kind: "oidc", issuer: op.issuer, clientId: CLIENT_ID };
  const providers = [
    { ...saml, certificates: ["idp.pem"], privateKey: "key.pem", certificate: join(folder, "certificate.pem") },
    { ...oidc, clientSecret: "env:CILOGON_SECRET" },
  ];
  writeFileSync(join(folder, "providers.json"), JSON.stringify(providers));
  const configuration = readConfiguration({
    RECORTE_DATA: folder,
    RECORTE_DOMAIN: "survey.example",
    RECORTE_AUTH_URL: AUTH_URL,
    RECORTE_SIGN_IN_PROVIDERS: join(folder, "providers.json"),
    RECORTE_LOG: "none",
  });
  shared = openSharedServices(configuration);
  service = await openAuthService(configuration, shared);
});
afterAll(async () => {
  await service.close();
  shared.close();
  await Promise.all([idp.close(), op.close()]);
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function newBrowser(): TestBrowser {
  const request = (address: string, init: RequestInit) => service.fetch(new Request(address, init), {});
  return createTestBrowser({ request }, AUTH_URL);
}

async function signInBySaml(browser: TestBrowser, from: string) {
  const page = await browser.open(`${AUTH_URL}/saml/linea/login`);
  const { action, fields } = readForm(page.text);
  return browser.post(action, fields, from);
}

describe("the auth service with two providers", () => {
  test("offers both", async () => {
    const { text } = await newBrowser().open(`${AUTH_URL}/login`);
    expect(text).toContain("LIneA");
    expect(text).toContain(`${AUTH_URL}/oidc/cilogon/login?return_to=`);
  });

  test("begins a session for who has signed in by SAML, on all services", async () => {
    const browser = newBrowser();
    const page = await signInBySaml(browser, "https://idp.elsewhere.example");
    expect(page).toMatchObject({ status: 200, url: `${AUTH_URL}/account` });
    expect(page.text).toContain("ana@linea.example");
    expect(browser.cookie(AUTH_URL, "recorte_session")).toBeDefined();
  });

  test("begins a session for who has signed in by OIDC", async () => {
    const browser = newBrowser();
    const page = await browser.open(`${AUTH_URL}/oidc/cilogon/login`);
    expect(page).toMatchObject({ status: 200, url: `${AUTH_URL}/account` });
    expect(page.text).toContain("ben");
  });

  test("lets somebody sign in again by a provider on a host beside ours, from where the browser sends the session", async () => {
    const browser = newBrowser();
    const from = "https://idp.survey.example";
    await signInBySaml(browser, from);
    const first = browser.cookie(AUTH_URL, "recorte_session");
    const page = await signInBySaml(browser, from);
    expect(page).toMatchObject({ status: 200, url: `${AUTH_URL}/account` });
    expect(browser.cookie(AUTH_URL, "recorte_session")).not.toBe(first);
  });

  test("shows what went wrong as a page, with nothing of the provider's in it that could be a script", async () => {
    const request = new Request(`${AUTH_URL}/oidc/cilogon/callback?error=%3Cscript%3E&state=a`, {
      headers: { accept: "text/html" },
    });
    const response = await service.fetch(request, {});
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toMatch("text/html");
    const text = await response.text();
    expect(text).toContain("was not begun in this browser");
    expect(text).not.toContain("<script");
  });

  test("knows no other providers", async () => {
    for (const path of ["/oidc/linea/login", "/saml/cilogon/metadata", "/saml/__proto__/login", "/oidc/x/callback"]) {
      expect((await newBrowser().open(AUTH_URL + path)).status).toBe(404);
    }
  });
});
