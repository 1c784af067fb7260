import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startChromium, type Chromium, type ChromiumWindow } from "../support/chromium.ts";
import { freePort } from "../support/free-port.ts";
import { CLIENT_ID, CLIENT_SECRET, startOidcOp, type OidcOp } from "../support/oidc-op.ts";
import { requireProgram } from "../support/outside-program.ts";
import { startSamlIdp, type SamlIdp } from "../support/saml-idp.ts";
import { makeKeyAndCertificate } from "../support/self-signed-certificate.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

// The providers are at 127.0.0.1 and we are at *.localhost: to a browser they are other sites.
let folder: string;
let idp: SamlIdp;
let op: OidcOp;
let server: TestServer;
let chromium: Chromium;
let authUrl: string;
let cutoutUrl: string;

beforeAll(async () => {
  requireProgram("chromium", "chromium");
  folder = await mkdtemp(join(tmpdir(), "recorte-sign-in-"));
  const port = await freePort();
  [authUrl, cutoutUrl] = [`http://auth.localhost:${port}`, `http://cutout.localhost:${port}`];
  const ours = makeKeyAndCertificate("auth.localhost");
  idp = await startSamlIdp("linea");
  idp.trust({ certificate: ours.certificate, acsUrl: `${authUrl}/saml/linea/acs` });
  idp.user = { nameId: "1", attributes: { eduPersonPrincipalName: "ana@linea.example" } };
  op = await startOidcOp([`${authUrl}/oidc/cilogon/callback`]);
  op.user = { sub: "http://cilogon.org/serverA/users/1", preferred_username: "ben" };
  vi.stubEnv("CILOGON_SECRET", CLIENT_SECRET);
  const saml = { id: "linea", title: "LIneA", kind: "saml", issuer: idp.issuer, entryPoint: idp.entryPoint };
  const oidc = { id: "cilogon", title: "CILogon", kind: "oidc", issuer: op.issuer, clientId: CLIENT_ID };
  const files = {
    "idp.pem": idp.certificate,
    "key.pem": ours.privateKey,
    "certificate.pem": ours.certificate,
    "providers.json": JSON.stringify([
      { ...saml, certificates: ["idp.pem"], privateKey: "key.pem", certificate: "certificate.pem" },
      { ...oidc, clientSecret: "env:CILOGON_SECRET" },
    ]),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  server = await startTestServer({
    ...{ RECORTE_DATA: join(folder, "data"), RECORTE_SHUTDOWN_TIMEOUT: "1", RECORTE_JOB_WORKERS: "0" },
    ...{ PORT: String(port), RECORTE_AUTH_URL: authUrl, RECORTE_SIGN_IN_PROVIDERS: join(folder, "providers.json") },
  });
  chromium = await startChromium();
});
afterAll(async () => {
  await chromium.close();
  await server.close();
  await Promise.all([idp.close(), op.close()]);
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ["LIneA", "ana@linea.example"],
  ["CILogon", "ben"],
])("one signs in by %s from its link, is where one wanted to be, and stays signed in", async (title, name) => {
  const window = await chromium.newWindow();
  await window.open(`${authUrl}/login?${new URLSearchParams({ return_to: `${cutoutUrl}/availability` }).toString()}`);
  const link = `[...document.querySelectorAll("a")].find((a) => a.textContent.includes("${title}")).click()`;
  await window.evaluate(link);
  await arrive(window, `${cutoutUrl}/availability`);
  await window.open(`${authUrl}/account`);
  expect(await window.evaluate("document.body.textContent")).toContain(name);
  expect(window.complaints.filter((text) => !/status of 404/.test(text))).toEqual([]); // icons
});

test("a browser that is made to send somebody else's answer is not signed in as them", async () => {
  const address = await beginElsewhere();
  const xml = await idp.answer(address);
  const window = await chromium.newWindow();
  const fields = {
    SAMLResponse: Buffer.from(xml).toString("base64"),
    RelayState: new URL(address).searchParams.get("RelayState") ?? "",
  };
  await window.open("about:blank");
  await window.evaluate(`{
    const form = document.createElement("form");
    form.method = "post";
    form.action = "${authUrl}/saml/linea/acs";
    for (const [name, value] of Object.entries(${JSON.stringify(fields)})) {
      form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    document.documentElement.append(form);
    form.submit();
  }`);
  await arrive(window, `${authUrl}/saml/linea/finish`);
  expect(await window.evaluate("document.body.textContent")).toContain("was not begun in this browser");
  await window.open(`${authUrl}/account`);
  expect(await window.evaluate("location.pathname")).toBe("/login");
});

/** A sign-in that an attacker has begun; where it leads. Names of .localhost are known to browsers only. */
function beginElsewhere(): Promise<string> {
  const { host, port } = new URL(authUrl);
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: "/saml/linea/login", headers: { host } }, (response) => {
      response.resume();
      resolve(response.headers.location ?? "");
    }).on("error", reject);
  });
}

/** Pages of providers lead on by themselves, through pages between. */
async function arrive(window: ChromiumWindow, address: string): Promise<void> {
  const look = "document.readyState === 'complete' ? location.href : ''";
  await expect.poll(() => window.evaluate<string>(look).catch(() => ""), { timeout: 20_000 }).toMatch(address);
}
