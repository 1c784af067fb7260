import { parseLimits } from "../../access/limits.ts";
import { parseReleaseRules } from "../../access/release-access.ts";
import { onOrOff, token } from "../setting-types.ts";
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
      "Limits of who have not signed in, of an address each, where they are not the usual ones: syncPixels=25000000,storedBytes=20GB,streams=none",
  }),
  limitsUser: required({
    variable: "RECORTE_LIMITS_USER",
    parse: parseLimits,
    fallback: "",
    explanation:
      "Limits of users, where they are not the usual ones: syncPixels=25000000,storedBytes=20GB,streams=none",
  }),
  limitsPriority: required({
    variable: "RECORTE_LIMITS_PRIORITY",
    parse: parseLimits,
    fallback: "",
    explanation:
      "Limits of users of the role priority, where they are not the usual ones: syncPixels=25000000,storedBytes=20GB,streams=none",
  }),
  limitsAdmin: required({
    variable: "RECORTE_LIMITS_ADMIN",
    parse: parseLimits,
    fallback: "",
    explanation:
      "Limits of administrators, where they are not the usual ones: syncPixels=25000000,storedBytes=20GB,streams=none",
  }),
};
