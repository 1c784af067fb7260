import type { Hono } from "hono";
import { ICON, STYLES } from "../../web/assets.ts";
import { homePage } from "../../web/home-page.ts";
import { addAccountRoutes, type AccountServices } from "./account-routes.ts";
import type { AdminServices } from "./admin-routes-common.ts";
import { addAdminRoutes } from "./admin-routes.ts";
import type { AppEnv } from "../app-env.ts";
import { requireAdmin, requireSignIn, servePages, showPage, viewerOf } from "./auth-app-pages.ts";
import { addFederationRoutes, type FederationServices } from "./federation-routes.ts";
import type { LoginServices } from "./sign-in.ts";
import { addLoginRoutes } from "./login-routes.ts";
import { addResource } from "../resource.ts";
import { requireScopes, type Need } from "../scopes.ts";
import { createServiceApp, type ServiceFrame } from "../service-app.ts";
import { addTokenRoutes, type TokenServices } from "./token-routes.ts";
import { addUsageRoutes, type UsageServices } from "../usage-routes.ts";

export type AuthAppServices = ServiceFrame & {
  readonly login: LoginServices;
  readonly account: AccountServices;
  readonly tokens: TokenServices;
  readonly admin: AdminServices;
  readonly usage: UsageServices;
  readonly federation: FederationServices;
  /** The OpenAPI document, for a service at this address. */
  readonly describeApi: (publicUrl: string) => Promise<object>;
};

/** What a token needs for resources of this service, by the first step of their path. */
export const AUTH_NEEDS: Readonly<Record<string, Need>> = {
  "": "open",
  health: "open",
  metrics: "open", // its network is looked at instead
  "openapi.json": "open",
  assets: "open",
  login: "open",
  logout: "open",
  oidc: "open",
  saml: "open",
  account: { reading: "read", changing: "session" },
  tokens: { reading: "read", changing: "jobs" }, // its routes let it make no more than itself, and revoke itself
  admin: { reading: "admin", changing: "admin" },
};

/** The auth service: sign-in, accounts, tokens, and administration. */
export function createAuthApp(services: AuthAppServices): Hono<AppEnv> {
  const scopes = requireScopes(AUTH_NEEDS, { anonymous: true }); // of tokens: nobody who sees pages
  return createServiceApp({ ...services, requireScopes: scopes }, (app) => {
    app.use(servePages());
    addAssets(app);
    addResource(app, "/", {
      GET: (c) => showPage(c, homePage({ viewer: viewerOf(c), cutoutUrl: c.var.addressOf("cutout", c.var.publicUrl) })),
    });
    addResource(app, "/openapi.json", { GET: async (c) => c.json(await services.describeApi(c.var.publicUrl)) });
    addLoginRoutes(app, services.login);
    addFederationRoutes(app, services.federation);
    addUsageRoutes(app, services.usage); // of who has not signed in too
    app.use("/account/*", requireSignIn); // and /account itself
    app.use("/tokens/*", requireSignIn);
    app.use("/admin/*", requireSignIn, requireAdmin);
    addAccountRoutes(app, services.account);
    addTokenRoutes(app, services.tokens);
    addAdminRoutes(app, services.admin);
  });
}

function addAssets(app: Hono<AppEnv>): void {
  for (const { path, text, mediaType } of [STYLES, ICON]) {
    addResource(app, path, {
      GET: (c) =>
        c.body(text, 200, { "Content-Type": mediaType, "Cache-Control": "public, max-age=31536000, immutable" }),
    });
  }
}
