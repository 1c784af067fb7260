import type { User } from "../access/user.ts";
import type { Cutout } from "../cutout/cutout.ts";
import { openCutout, type CutoutRequest } from "../cutout/open-cutout.ts";
import { ServiceError } from "../errors.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { SyncServices } from "./sync-routes.ts";
import type { Planned } from "./sync-way-out.ts";

/** What this user may have: of one cutout its pixels, and how long it may be thought to take. */
export function syncLimitsFor(user: User, services: SyncServices): { maxPixels: number; syncMaxSeconds: number } {
  const { cutouts, limitsOf, timeoutSeconds, syncMaxSeconds = timeoutSeconds } = services;
  if (limitsOf === undefined) return { maxPixels: cutouts.limits.maxPixels, syncMaxSeconds };
  const { syncPixels, syncSeconds } = limitsOf(user);
  return { maxPixels: syncPixels, syncMaxSeconds: syncSeconds };
}

/** As `openCutout`; "over-limit" also for what is thought to take too long. */
export async function openSyncCutout(
  request: CutoutRequest,
  { cutouts, estimateSeconds, timeoutSeconds, syncMaxSeconds = timeoutSeconds }: SyncServices,
  signal: AbortSignal,
): Promise<Cutout | null> {
  const cutout = await openCutout(request, cutouts, signal);
  const seconds = cutout === null ? null : (estimateSeconds?.(cutout.cost) ?? null);
  if (seconds === null || seconds <= syncMaxSeconds) return cutout;
  cutout?.dispose();
  throw new ServiceError(
    "over-limit",
    `Cannot cut at once what would take about ${seconds.toPrecision(2)} seconds: ${syncMaxSeconds} are allowed`,
    { limit: "syncSeconds" },
  );
}

/** What would become of the request. */
export async function planSyncCutout(
  request: CutoutRequest,
  services: SyncServices,
  signal: AbortSignal,
): Promise<Planned> {
  try {
    const cutout = await openSyncCutout(request, services, signal);
    cutout?.dispose();
    return cutout === null ? "empty" : "fits";
  } catch (error) {
    if (error instanceof ServiceError && error.code === "over-limit") return "too large";
    throw error;
  }
}

/** A circle round the image of this identifier; null for a release. */
export async function circleOfImage(
  id: string,
  registry: SurveyRegistry,
  signal: AbortSignal,
): Promise<Stencil | null> {
  const dataset = await registry.findByDid(id, signal);
  if (dataset === null) return null;
  return { shape: "circle", center: dataset.center, radiusDegrees: Math.min(180, dataset.fieldOfViewDegrees / 2) };
}
