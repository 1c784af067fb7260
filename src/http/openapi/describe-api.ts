import { ASYNC_OPERATIONS } from "./async-operations.ts";
import { describeAccess } from "./describe-access.ts";
import { DISCOVERY_OPERATIONS } from "./discovery-operations.ts";
import { formatOpenApi } from "./document.ts";
import type { Operation } from "./operation.ts";
import { SERVICE_OPERATIONS } from "./service-operations.ts";
import { SYNC_OPERATIONS } from "./sync-operations.ts";

/** Every address of the cutout service. */
export const OPERATIONS: readonly Operation[] = [
  ...SYNC_OPERATIONS,
  ...ASYNC_OPERATIONS,
  ...DISCOVERY_OPERATIONS,
  ...SERVICE_OPERATIONS,
];

/** `software`: name and version, apart by a space. */
export function describeApi({
  software,
  publicUrl,
  anonymous = true,
}: {
  readonly software: string;
  readonly publicUrl: string;
  /** Who has not signed in may ask, too. */
  readonly anonymous?: boolean;
}): object {
  const operations = OPERATIONS.map((operation) => describeAccess(operation, { anonymous }));
  return formatOpenApi(operations, {
    software,
    publicUrl,
    title: "image cutouts",
    description:
      "Cuts images of sky surveys and serves the pieces: IVOA SODA, UWS, DataLink and SIA. Names of request parameters " +
      "ignore case; their values do not.",
  });
}
