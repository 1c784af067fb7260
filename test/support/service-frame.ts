import type { Hono } from "hono";
import { NOBODY } from "../../src/access/identity.ts";
import type { User } from "../../src/access/user.ts";
import type { AppEnv } from "../../src/http/app-env.ts";
import { createServiceApp, type ServiceFrame } from "../../src/http/service-app.ts";
import { identityOf } from "./users.ts";

/** A service that lets everybody in as nobody, and looks at nothing else of requests. */
export const OPEN_FRAME: ServiceFrame = {
  authenticate: () => Promise.resolve(NOBODY),
  sessionCookie: {},
  publicUrl: undefined,
  log: () => undefined,
  controlNetwork: null,
  refuseCrossSite: null,
  limitRequests: null,
  allowOrigins: null,
  isOurHost: () => true,
};

/** Routes by themselves, in the frame of every service; it is open but for what these options say. */
export function createRoutesApp(
  addRoutes: (app: Hono<AppEnv>) => void,
  options: Partial<ServiceFrame> = {},
): Hono<AppEnv> {
  return createServiceApp({ ...OPEN_FRAME, ...options }, addRoutes);
}

/** Everybody is this user. */
export function everybodyIs(user: User): Pick<ServiceFrame, "authenticate"> {
  return { authenticate: () => Promise.resolve(identityOf(user)) };
}
