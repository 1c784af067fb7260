import { expect, test } from "vitest";
import { formatChallenges } from "../../../src/http/challenge.ts";

const publicUrl = "https://cutout.example.org:8443";
const loginUrl = "https://auth.example.org/login";

// RFC 9110, section 11.6.1: parameters belong to the scheme before them.
test.each([
  [{}, 'Bearer realm="cutout.example.org:8443"'],
  [{ reason: { error: "invalid_token" } }, 'Bearer realm="cutout.example.org:8443", error="invalid_token"'],
  [
    { reason: { error: "insufficient_scope", scope: "jobs" } },
    'Bearer realm="cutout.example.org:8443", error="insufficient_scope", scope="jobs"',
  ],
  [
    { loginUrl, reason: { error: "invalid_token" } },
    'Bearer realm="cutout.example.org:8443", error="invalid_token", ' +
      'ivoa_bearer standard_id="ivo://ivoa.net/sso#tls-with-password", access_url="https://auth.example.org/login"',
  ],
] as const)("the challenges for %o", (options, text) => {
  expect(formatChallenges({ publicUrl, ...options })).toBe(text);
});
