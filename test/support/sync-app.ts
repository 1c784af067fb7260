import type { Hono } from "hono";
import { createRoutesApp, OPEN_FRAME } from "./service-frame.ts";
import { authenticateByToken } from "./users.ts";
import type { CutoutServices } from "../../src/cutout/open-cutout.ts";
import type { AppEnv } from "../../src/http/app-env.ts";
import type { ServiceFrame } from "../../src/http/service-app.ts";
import { addSyncRoutes, type SyncServices } from "../../src/http/sync-routes.ts";

export type SyncAppServices = Omit<SyncServices, "readableBy" | "limitsOf" | "cutouts"> & {
  readonly cutouts: CutoutServices;
  /** Seconds that a cutout of anybody may be thought to take; as long as one may where it is left out. */
  readonly syncMaxSeconds?: number;
} & Partial<Pick<SyncServices, "readableBy" | "limitsOf"> & ServiceFrame>;

/** /sync by itself, in the frame of every service; without rules everybody may read everything, and as much of it. */
export function createSyncApp({ syncMaxSeconds, ...services }: SyncAppServices): Hono<AppEnv> {
  const { authenticate = authenticateByToken(undefined), publicUrl, log = OPEN_FRAME.log } = services;
  const { registry, limits } = services.cutouts;
  const most = { syncPixels: limits.maxPixels, syncSeconds: syncMaxSeconds ?? services.timeoutSeconds };
  const all = { readableBy: () => registry, limitsOf: () => most, ...services };
  return createRoutesApp((app) => addSyncRoutes(app, all), { authenticate, publicUrl, log });
}
