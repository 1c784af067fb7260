import { NOBODY } from "../../src/access/identity.ts";
import type { ServiceFrame } from "../../src/http/service-app.ts";

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
