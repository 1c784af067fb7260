import type { LimitValues } from "../access/limits/limit-values.ts";
import type { User } from "../access/user.ts";
import type { Cutout } from "../cutout/cutout.ts";
import { openCutout, type CutoutRequest, type CutoutServices } from "../cutout/open-cutout.ts";
import type { CutoutCost } from "../cutout/plan.ts";
import { ServiceError } from "../errors.ts";
import type { Stencil } from "../sky/stencil.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { ReadableBy } from "./readable-by.ts";
import type { Planned } from "./sync-way-out.ts";

/** What cutouts are made with. */
export type SyncCutouts = {
  /** The registry and the limits are those of who asks. */
  readonly cutouts: Omit<CutoutServices, "registry" | "limits">;
  /** The surveys as who asks may see them: requests are answered from these alone. */
  readonly readableBy: ReadableBy;
  /** What a user may have of one cutout: pixels, and seconds that it may be thought to take. */
  readonly limitsOf: (user: User) => SyncLimits;
  /** How long a cutout of this cost is thought to take; null: not known. */
  readonly estimateSeconds?: ((cost: CutoutCost) => number | null) | undefined;
};

export type SyncLimits = Pick<LimitValues, "syncPixels" | "syncSeconds">;

/** What one user's cutouts are made with. */
export type UserCutouts = Pick<SyncCutouts, "estimateSeconds"> & {
  /** With the most pixels of one cutout, and the surveys that the user may read. */
  readonly cutouts: CutoutServices;
  /** Seconds that one may be thought to take: more is refused before it begins. */
  readonly mostSeconds: number;
};

/** The same for a user: over what that one may read, and with what that one may have. */
export function createUserCutouts(services: SyncCutouts): (user: User) => UserCutouts {
  const { cutouts, readableBy, limitsOf, estimateSeconds } = services;
  // Of the last user; the next one's are nearly always the same.
  let known: { readonly registry: SurveyRegistry; readonly limits: SyncLimits; readonly made: UserCutouts } | null =
    null;
  return (user) => {
    const limits = limitsOf(user);
    const registry = readableBy(user);
    if (known?.registry !== registry || known.limits !== limits) {
      const { syncPixels: maxPixels, syncSeconds: mostSeconds } = limits;
      const made = {
        cutouts: { ...cutouts, registry, limits: { maxPixels, pixelLimit: "syncPixels" } },
        mostSeconds,
        estimateSeconds,
      };
      known = { registry, limits, made };
    }
    return known.made;
  };
}

/** As `openCutout`; "over-limit" also for what is thought to take too long. */
export async function openSyncCutout(
  request: CutoutRequest,
  { cutouts, estimateSeconds, mostSeconds }: UserCutouts,
  signal: AbortSignal,
): Promise<Cutout | null> {
  const cutout = await openCutout(request, cutouts, signal);
  const seconds = cutout === null ? null : (estimateSeconds?.(cutout.cost) ?? null);
  if (seconds === null || seconds <= mostSeconds) return cutout;
  cutout?.dispose();
  throw new ServiceError(
    "over-limit",
    `Cannot cut at once what would take about ${seconds.toPrecision(2)} seconds: ${mostSeconds} are allowed; a smaller shape or fewer bands are needed`,
    { limit: "syncSeconds" },
  );
}

/** What would become of the request. */
export async function planSyncCutout(
  request: CutoutRequest,
  services: UserCutouts,
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
