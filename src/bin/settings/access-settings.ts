import { parseLimits } from "../../access/limits/limit-values.ts";
import { parseReleaseRules } from "../../access/release-access.ts";
import { integer, onOrOff, path, token } from "../setting-types.ts";
import { optional, required } from "./setting.ts";

/** Of who may do what, and from where. */
export const ACCESS_SETTINGS = {
  releaseAccess: required({
    variable: "RECORTE_RELEASE_ACCESS",
    parse: parseReleaseRules,
    fallback: "",
    explanation:
      "Who may read which release: des_dr2=public,lsst_dp1=signed-in,des_y6=des|staff (groups); without a rule everybody",
  }),
  anonymousUse: required({
    variable: "RECORTE_ANONYMOUS",
    parse: onOrOff,
    fallback: "1",
    explanation: "1: who has not signed in may use what is public; 0: only users who are known are answered",
  }),
  localAccounts: required({
    variable: "RECORTE_LOCAL_ACCOUNTS",
    parse: onOrOff,
    fallback: "1",
    explanation: "1: accounts may have a password of this service; 0: one signs in at the providers only",
  }),
  signInProviders: optional({
    variable: "RECORTE_SIGN_IN_PROVIDERS",
    parse: path,
    explanation: "JSON file of the OIDC and SAML providers that one may sign in by; needs RECORTE_AUTH_URL",
  }),
  sessionDays: required({
    variable: "RECORTE_SESSION_DAYS",
    parse: integer(1, 365),
    fallback: "14",
    explanation: "Days after which one has to sign in again; who comes back in their second half is given as many more",
  }),
  tokenMaxDays: required({
    variable: "RECORTE_TOKEN_MAX_DAYS",
    parse: integer(1, 36_500),
    fallback: "365",
    explanation: "Days that a token may last",
  }),
  auditDays: required({
    variable: "RECORTE_AUDIT_DAYS",
    parse: integer(1, 36_500),
    fallback: "730",
    explanation: "Days that the record of who signed in, made tokens, changed accounts and deleted what is kept",
  }),
  testToken: optional({
    variable: "RECORTE_TEST_TOKEN",
    parse: token,
    explanation: "Lets in one user, test, who sends `Authorization: Bearer` and this; for trying things out",
    secret: true,
  }),
  limitsAnonymous: required({
    variable: "RECORTE_LIMITS_ANONYMOUS",
    parse: parseLimits,
    fallback: "",
    explanation:
      "Limits of who has not signed in, by their names below: syncPixels=25000000,storedBytes=20GB,streams=none",
  }),
  limitsUser: required({
    variable: "RECORTE_LIMITS_USER",
    parse: parseLimits,
    fallback: "",
    explanation: "Limits of users, written in the same way",
  }),
  limitsPriority: required({
    variable: "RECORTE_LIMITS_PRIORITY",
    parse: parseLimits,
    fallback: "",
    explanation: "Limits of users of the role priority, written in the same way",
  }),
  limitsAdmin: required({
    variable: "RECORTE_LIMITS_ADMIN",
    parse: parseLimits,
    fallback: "",
    explanation: "Limits of administrators, written in the same way",
  }),
};
