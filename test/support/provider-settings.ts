/** Providers as an administrator writes them, in JSON. */
export const OIDC = { id: "cilogon", title: "CILogon", kind: "oidc", issuer: "https://cilogon.org", clientId: "one" };
export const SAML = {
  id: "linea",
  title: "LIneA",
  kind: "saml",
  issuer: "https://satosa.example/idp",
  entryPoint: "https://satosa.example/sso",
  certificates: ["idp.pem"],
  privateKey: "key.pem",
  certificate: "certificate.pem",
};
