import { parseLimits } from "../../access/limits.ts";
import { token } from "../setting-types.ts";
import { optional, required } from "./setting.ts";

/** Of who may do what, and from where. */
export const ACCESS_SETTINGS = {
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
