import { ICON, STYLES } from "../../web/assets.ts";
import type { RouteRule, RouteRules } from "../route-rules.ts";

const OPEN: RouteRule = { needs: "open" };

/** The routes of the auth service. */
export const AUTH_RULES: RouteRules = {
  "/": OPEN,
  "/health": { ...OPEN, isProbe: true },
  "/metrics": { ...OPEN, isProbe: true }, // its network is looked at instead
  "/openapi.json": OPEN,
  [STYLES.path]: { ...OPEN, isFree: true },
  [ICON.path]: { ...OPEN, isFree: true },
  "/login": OPEN,
  "/logout": OPEN,
  "/oidc/*": OPEN,
  "/saml/:provider/acs": { ...OPEN, takesForeignForms: true }, // of the provider's page, maybe from a host beside ours
  "/saml/*": OPEN,
  "/account/usage": { needs: { reading: "read", changing: "session" } },
  "/account/*": { needs: { reading: "read", changing: "session" }, isFor: "users" },
  // Its routes let a token make no more than itself, and revoke itself.
  "/tokens/*": { needs: { reading: "read", changing: "jobs" }, isFor: "users" },
  "/admin/*": { needs: { reading: "admin", changing: "admin" }, isFor: "administrators" },
};
