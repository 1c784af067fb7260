import type { Hono } from "hono";
import { OPEN_FRAME } from "./service-frame.ts";
import { authenticateByToken } from "./users.ts";
import type { AppEnv } from "../../src/http/app-env.ts";
import { createServiceApp, type ServiceFrame } from "../../src/http/service-app.ts";
import { addSyncRoutes, type SyncServices } from "../../src/http/sync-routes.ts";

export type SyncAppServices = Omit<SyncServices, "readableBy"> &
  Partial<Pick<SyncServices, "readableBy"> & ServiceFrame>;

/** /sync by itself, in the frame of every service; without rules everybody may read everything. */
export function createSyncApp(services: SyncAppServices): Hono<AppEnv> {
  const { authenticate = authenticateByToken(undefined), publicUrl, log = OPEN_FRAME.log } = services;
  return createServiceApp({ ...OPEN_FRAME, authenticate, publicUrl, log }, (app) => {
    addSyncRoutes(app, { readableBy: () => services.cutouts.registry, ...services });
  });
}
