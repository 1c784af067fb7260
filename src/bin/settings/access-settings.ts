import { token } from "../setting-types.ts";
import { optional } from "./setting.ts";

/** Of who may do what, and from where. */
export const ACCESS_SETTINGS = {
  testToken: optional({
    variable: "RECORTE_TEST_TOKEN",
    parse: token,
    explanation: "Lets in one user, test, who sends `Authorization: Bearer` and this; for trying things out",
    secret: true,
  }),
};
