import { createPermissions } from "../../src/access/permissions.ts";
import { parseReleaseRules } from "../../src/access/release-access.ts";
import type { ReadingRights } from "../../src/bin/reading-rights.ts";
import { createReadableBy } from "../../src/http/readable-by.ts";
import type { SurveyRegistry } from "../../src/surveys/registry.ts";

/** Who may read what, by rules as the configuration has them; without any everybody may read everything. */
export function readingRights(registry: SurveyRegistry, rules = "", { anonymous = true } = {}): ReadingRights {
  const permissions = createPermissions(parseReleaseRules(rules), { anonymous });
  return { permissions, readableBy: createReadableBy(registry, permissions) };
}
