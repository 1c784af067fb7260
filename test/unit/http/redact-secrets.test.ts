import { expect, test } from "vitest";
import { redactSecrets } from "../../../src/http/redact-secrets.ts";

const SECRET = "Zq3xW9vB7kLm2pRt";

test.each([
  `rct_${SECRET}`,
  `Cannot use "rct_${SECRET}": it has expired`,
  `Authorization: Bearer ${SECRET}`,
  `Basic ${SECRET}==`,
  `the provider said {"error":"invalid_grant","code":"${SECRET}"}`,
  `GET /oidc/x/callback?code=${SECRET}&state=${SECRET}`,
  `/saml/x?SAMLResponse=${SECRET}%2B&RelayState=${SECRET}`,
  `password=${SECRET}`,
  `{"password": "${SECRET}"}`,
  `{"password":"my ${SECRET} is long"}`,
  `access_token=${SECRET}; refresh_token: ${SECRET}`,
  `id_token=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIx${SECRET}.${SECRET}`,
  `a cookie recorte_session=${SECRET}`,
])("%s loses what is secret", (text) => {
  expect(redactSecrets(text)).not.toContain(SECRET);
  expect(redactSecrets(text)).toContain("[…]");
});

test.each([
  'Cannot read CIRCLE "10 20": it needs ra, dec and radius in degrees',
  "Cannot decode tile 300 of /archive/SIM0356-5248_g.fits.fz[1]",
  "Cannot use the token: it is not known, is revoked, or has expired",
  "/async/k3j5/results/result-00001.fits",
  "the state of the job is not what it was",
])("%s stays as it is", (text) => {
  expect(redactSecrets(text)).toBe(text);
});
