import type { Hono } from "hono";
import { OPEN_FRAME } from "./service-frame.ts";
import { authenticateByToken } from "./users.ts";
import type { AppEnv } from "../../src/http/app-env.ts";
import { allowAllOrigins } from "../../src/http/allow-origins.ts";
import { createCutoutApp, type CutoutAppServices } from "../../src/http/cutout-app.ts";

/** All routes of the cutout service, and nothing behind them: services are used when requests come, not before. */
export function createBareCutoutApp(changes: Partial<CutoutAppServices> = {}): Hono<AppEnv> {
  const services = {
    sync: {},
    async: { limits: {} },
    results: {},
    links: {},
    sia: { limits: {} },
    vosi: { limits: {} },
    history: {},
  };
  return createCutoutApp({
    ...({ ...services, docs: {}, usage: {} } as unknown as CutoutAppServices),
    ...OPEN_FRAME,
    allowOrigins: allowAllOrigins,
    authenticate: authenticateByToken(undefined),
    anonymous: true,
    ...changes,
  });
}
