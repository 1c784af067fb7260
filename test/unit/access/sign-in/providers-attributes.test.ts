import { describe, expect, test } from "vitest";
import { identify } from "../../../../src/access/sign-in/providers-attributes.ts";
import { parseProviders, type ProviderConfiguration } from "../../../../src/access/sign-in/providers-schema.ts";

function configure(kind: "oidc" | "saml", changes: Readonly<Record<string, unknown>> = {}): ProviderConfiguration {
  const frame = { id: "linea", title: "LIneA", kind, issuer: "https://idp.example" };
  const saml = { entryPoint: "https://idp.example/sso", certificates: ["a"], privateKey: "b", certificate: "c" };
  const entry = kind === "saml" ? { ...frame, ...saml, ...changes } : { ...frame, clientId: "one", ...changes };
  return parseProviders([entry], { read: (name) => name }).providers[0];
}

const attributes = (values: Readonly<Record<string, readonly string[]>>) => new Map(Object.entries(values));

describe("who somebody is", () => {
  test("is told by eduPersonPrincipalName, under either of its names", () => {
    for (const name of ["eduPersonPrincipalName", "urn:oid:1.3.6.1.4.1.5923.1.1.1.6"]) {
      const identity = identify(configure("saml"), attributes({ [name]: ["ana@linea.example"] }));
      expect(identity).toEqual({
        provider: "linea",
        subject: "ana@linea.example",
        name: "ana@linea.example",
        fullName: null,
        email: null,
        groups: [],
      });
    }
  });

  test("is not told by another attribute in its place", () => {
    const all = attributes({ NameID: ["ana@linea.example"], mail: ["ana@linea.example"], uid: ["ana"] });
    expect(() => identify(configure("saml"), all)).toThrow(/eduPersonPrincipalName is not among the attributes/);
  });

  test("is not told by two values, or by one with a line break", () => {
    const two = attributes({ sub: ["ana", "eva"] });
    expect(() => identify(configure("oidc"), two)).toThrow("sub has several values");
    expect(() => identify(configure("oidc"), attributes({ sub: ["ana\neva"] }))).toThrow("sub cannot be used");
    expect(() => identify(configure("oidc"), attributes({ sub: ["a".repeat(1025)] }))).toThrow("sub cannot be used");
    expect(() => identify(configure("oidc"), attributes({ sub: [" "] }))).toThrow("is not among");
  });

  test("takes the first of several names that is there", () => {
    const configuration = configure("oidc", { attributes: { name: ["nick", "uid"], fullName: "cn" } });
    const identity = identify(configuration, attributes({ sub: ["1"], uid: ["ana"], cn: ["", "Ana"] }));
    expect(identity).toMatchObject({ subject: "1", name: "ana", fullName: "Ana" });
  });

  test("is not looked for in what every object has", () => {
    const configuration = configure("oidc", { attributes: { subject: "constructor" } });
    expect(() => identify(configuration, attributes({ sub: ["1"] }))).toThrow("constructor is not among");
  });
});

describe("groups", () => {
  const values = ["urn:x:des", "urn:x:des-y6", "urn:x:staff", "urn:x:", "admins", "urn:x:des"];
  const groupsBy = (groups: Readonly<Record<string, unknown>>) =>
    identify(configure("oidc", { groups }), attributes({ sub: ["1"], isMemberOf: values })).groups;

  test("are all that there are, each once", () => {
    expect(groupsBy({})).toEqual(["urn:x:des", "urn:x:des-y6", "urn:x:staff", "urn:x:", "admins"]);
  });

  test("of a prefix are those that have it, without it", () => {
    expect(groupsBy({ removePrefix: "urn:x:" })).toEqual(["des", "des-y6", "staff"]);
  });

  test("are allowed by name, or by the beginning", () => {
    expect(groupsBy({ removePrefix: "urn:x:", allow: ["des", "none"] })).toEqual(["des"]);
    expect(groupsBy({ removePrefix: "urn:x:", allow: ["des*"] })).toEqual(["des", "des-y6"]);
    expect(groupsBy({ allow: [] })).toEqual([]);
    expect(groupsBy({ allow: ["des.*"] })).toEqual([]);
  });

  test("get a prefix, so that no other provider's are taken for them", () => {
    expect(groupsBy({ removePrefix: "urn:x:", allow: ["des"], addPrefix: "linea/" })).toEqual(["linea/des"]);
  });

  test("come from every attribute that is named", () => {
    const configuration = configure("saml", { attributes: { groups: ["isMemberOf", "eduPersonEntitlement"] } });
    const given = { eduPersonPrincipalName: ["a"], isMemberOf: ["des"], "urn:oid:1.3.6.1.4.1.5923.1.1.1.7": ["x"] };
    expect(identify(configuration, attributes(given)).groups).toEqual(["des", "x"]);
  });
});
