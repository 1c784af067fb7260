import { createPermissions, type Permissions } from "../access/permissions.ts";
import { ServiceError } from "../errors.ts";
import { createReadableBy, type ReadableBy } from "../http/readable-by.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { Configuration } from "./configuration.ts";

export type ReadingRights = { readonly permissions: Permissions; readonly readableBy: ReadableBy };

/** Who may read which release, by the configuration. "usage" for a rule about a release that there is not. */
export function createReadingRights(
  { releaseAccess, anonymousUse }: Pick<Configuration, "releaseAccess" | "anonymousUse">,
  registry: SurveyRegistry,
): ReadingRights {
  const known = registry.releases.map(({ id }) => id);
  const unknown = [...releaseAccess.keys()].filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    const names = unknown.map((id) => JSON.stringify(id)).join(", ");
    throw new ServiceError(
      "usage",
      `Cannot use the configuration\n  RECORTE_RELEASE_ACCESS has a rule for ${names}: it must be one of ${known.join(", ")}`,
    );
  }
  const permissions = createPermissions(releaseAccess, { anonymous: anonymousUse });
  return { permissions, readableBy: createReadableBy(registry, permissions) };
}
