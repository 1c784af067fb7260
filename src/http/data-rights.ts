import type { ReleaseRule } from "../access/release-access.ts";
import type { DataRights } from "../ivoa/obscore.ts";

/** How ObsCore calls it who may read a release. */
export function dataRightsOf(rule: ReleaseRule): DataRights {
  if (rule === "public") return "public";
  return rule === "signed-in" ? "secure" : "proprietary";
}
