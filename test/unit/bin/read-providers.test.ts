import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readProviders } from "../../../src/bin/read-providers.ts";
import { makeKeyAndCertificate } from "../../support/self-signed-certificate.ts";
import { OIDC, SAML } from "../../support/provider-settings.ts";

const authUrl = "https://auth.survey.example";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recorte-providers-"));
  const ours = makeKeyAndCertificate("ours");
  const theirs = makeKeyAndCertificate("theirs");
  writeFileSync(join(folder, "key.pem"), ours.privateKey);
  writeFileSync(join(folder, "certificate.pem"), ours.certificate);
  writeFileSync(join(folder, "idp.pem"), theirs.certificate);
  writeFileSync(join(folder, "secret"), "a secret\n");
  writeFileSync(join(folder, "empty"), "\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(json: unknown, env: Readonly<Record<string, string>> = {}, at: string | null = authUrl) {
  const file = join(folder, "providers.json");
  writeFileSync(file, typeof json === "string" ? json : JSON.stringify(json));
  return readProviders({ signInProviders: file, authUrl: at ?? undefined }, env);
}

/** The lines of what is said to be wrong. */
function problemsOf(json: unknown, env: Readonly<Record<string, string>> = {}, at: string | null = authUrl): string {
  try {
    read(json, env, at);
  } catch (error) {
    expect(error).toMatchObject({ code: "usage" });
    return (error as Error).message;
  }
  return "";
}

describe("the file of providers", () => {
  test("is not needed", () => {
    expect(readProviders({ signInProviders: undefined, authUrl: undefined }, {})).toEqual([]);
  });

  test("names secrets by file or by variable", () => {
    const providers = read(
      [{ ...OIDC, clientSecret: "secret" }, { ...OIDC, id: "b", clientSecret: "env:SECRET" }, SAML],
      {
        SECRET: "another",
      },
    );
    expect(providers).toMatchObject([{ clientSecret: "a secret" }, { clientSecret: "another" }, { id: "linea" }]);
  });

  test("has no secrets in clear, and does not tell them", () => {
    const problems = problemsOf([{ ...OIDC, clientSecret: "hunter2" }]);
    expect(problems).toContain("cilogon.clientSecret: it must be env:NAME, or the path of a file that can be read");
    expect(problems).not.toContain("hunter2");
    expect(problemsOf('[{"clientSecret": "hunter2", }]')).not.toContain("hunter2");
  });

  test("is told all that is wrong with it at once", () => {
    const problems = problemsOf(
      [
        { ...OIDC, clientSecret: "env:NO_SUCH_VARIABLE" },
        { ...SAML, privateKey: "empty", certificates: ["missing.pem"] },
      ],
      {},
      null,
    );
    expect(problems).toContain("RECORTE_AUTH_URL is not set");
    expect(problems).toContain("cilogon.clientSecret: NO_SUCH_VARIABLE is not set");
    expect(problems).toContain("linea.privateKey: what it names is empty");
    expect(problems).toContain("linea.certificates[0]: it must be env:NAME");
  });

  test("names keys and certificates that are some, and go together", () => {
    expect(problemsOf([{ ...SAML, certificate: "idp.pem" }])).toContain(
      "linea.certificate: it is not of the private key",
    );
    expect(problemsOf([{ ...SAML, certificate: "secret" }])).toContain("linea.certificate: it must name a certificate");
    expect(problemsOf([{ ...SAML, privateKey: "idp.pem" }])).toContain("linea.privateKey: it must name an RSA key");
    expect(problemsOf([{ ...SAML, certificates: ["key.pem"] }])).toContain(
      "linea.certificates[0]: it must name a cert",
    );
  });

  test("is there, and is JSON", () => {
    expect(problemsOf("[")).toContain("it is not JSON");
    expect(() => readProviders({ signInProviders: join(folder, "none.json"), authUrl }, {})).toThrow("ENOENT");
  });
});
