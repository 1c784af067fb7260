import { describe, expect, test } from "vitest";
import { parseProviders } from "../../../../src/access/sign-in/providers-schema.ts";
import { OIDC, SAML } from "../../../support/provider-settings.ts";

const parse = (json: unknown) => parseProviders(json, { read: (name) => `contents of ${name}` });

describe("the list of providers", () => {
  test("is read with its defaults, and the secrets that it names", () => {
    const { providers, problems } = parse([{ ...OIDC, clientSecret: "env:SECRET" }, SAML]);
    expect(problems).toEqual([]);
    expect(providers).toMatchObject([
      { clientSecret: "contents of env:SECRET", scopes: ["openid", "profile", "email"], clientAuthentication: "basic" },
      { certificates: ["contents of idp.pem"], signed: "assertion", clockSkewSeconds: 60 },
    ]);
  });

  test("takes one name of an attribute, or several", () => {
    const attributes = { subject: "sub", name: "uid", groups: ["isMemberOf", "entitlements"] };
    const { providers } = parse([{ ...OIDC, attributes }]);
    expect(providers[0].attributes).toMatchObject({ name: ["uid"], groups: ["isMemberOf", "entitlements"] });
  });

  test("tells all that is wrong with it at once, by the id of its entry", () => {
    const { problems } = parse([
      { ...OIDC, id: "Local!", clientId: "" },
      { ...OIDC, id: "local", issuer: "http://cilogon.org", scopes: ["a b"] },
      { ...SAML, certificates: [], signed: "nothing", secret: "hunter2" },
      { ...SAML, id: "other", kind: "ldap" },
      "nonsense",
    ]);
    const text = problems.join("\n");
    for (const expected of [
      /^entry 0\.id: it must be 1 to 32 of a-z 0-9 -/m,
      /^entry 0\.clientId: /m,
      /^local\.id: local is the name/m,
      /^local\.issuer: it must be an https address$/m,
      /^local\.scopes\[0\]: /m,
      /^linea\.certificates: /m,
      /^linea\.signed: /m,
      /^linea: .*"secret"/m,
      /^other\.kind: /m,
      /^entry 4: /m,
    ]) {
      expect(text).toMatch(expected);
    }
    expect(text).not.toContain("hunter2");
  });

  test("has each id once", () => {
    expect(parse([OIDC, { ...SAML, id: "cilogon" }]).problems).toEqual(["cilogon: there are two of this id"]);
  });

  test("is a list", () => {
    expect(parse({ providers: [] }).problems).toEqual([expect.stringMatching(/^the list: /)]);
  });

  test.each(["https://idp.example/", "http://localhost:8081", "http://127.0.0.1:8081/a", "http://[::1]:1"])(
    "takes the issuer %s",
    (issuer) => expect(parse([{ ...OIDC, issuer }]).problems).toEqual([]),
  );

  test.each(["http://idp.example", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "ftp://a", "idp"])(
    "takes no issuer %s",
    (issuer) => expect(parse([{ ...OIDC, issuer }]).problems).toEqual(["cilogon.issuer: it must be an https address"]),
  );
});
