import type { RouteRule, RouteRules } from "./route-rules.ts";

const OPEN: RouteRule = { needs: "open" };
const READ: RouteRule = { needs: { reading: "read", changing: "read" } };
const OWN: RouteRule = { needs: { reading: "read", changing: "jobs" } };

/** The routes of the cutout service. */
export const CUTOUT_RULES: RouteRules = {
  "/": OPEN,
  "/health": { ...OPEN, isProbe: true },
  "/metrics": { ...OPEN, isProbe: true }, // its network is looked at instead
  "/capabilities": { ...OPEN, isFree: true }, // VOSI 1.1, section 2: to anonymous requests
  "/availability": { ...OPEN, isFree: true },
  "/openapi.json": OPEN,
  "/docs/*": OPEN,
  "/sync/*": READ,
  "/query/*": READ,
  "/links/*": READ,
  "/examples/*": READ,
  "/history/*": READ,
  "/account/*": OWN,
  "/async/:id": { ...OWN, mayWait: true },
  "/async/:id/events": { ...OWN, mayWait: true },
  "/async/*": OWN,
};
