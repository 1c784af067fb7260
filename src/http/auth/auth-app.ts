import type { Hono } from "hono";
import { ICON, STYLES } from "../../web/assets.ts";
import { homePage } from "../../web/home-page.ts";
import { addAccountRoutes, type AccountServices } from "./account-routes.ts";
import type { AdminServices } from "./admin-routes-common.ts";
import { addAdminRoutes } from "./admin-routes.ts";
import type { AppEnv } from "../app-env.ts";
import { requireAdmin, requireSignIn, servePages, showPage, viewerOf } from "./auth-app-pages.ts";
import { AUTH_RULES } from "./auth-rules.ts";
import { addFederationRoutes, type FederationServices } from "./federation-routes.ts";
import type { LoginServices } from "./sign-in.ts";
import { addLoginRoutes } from "./login-routes.ts";
import { addResource } from "../resource.ts";
import { requireScopes } from "../scopes.ts";
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

/** The auth service: sign-in, accounts, tokens, and administration. */
export function createAuthApp(services: AuthAppServices): Hono<AppEnv> {
  const scopes = requireScopes({ anonymous: true }); // of tokens: nobody who sees pages
  return createServiceApp({ ...services, rules: AUTH_RULES, requireScopes: scopes }, (app) => {
    app.use(servePages());
    addAssets(app);
    addResource(app, "/", {
      GET: (c) => showPage(c, homePage({ viewer: viewerOf(c), cutoutUrl: c.var.addressOf("cutout", c.var.publicUrl) })),
    });
    addResource(app, "/openapi.json", { GET: async (c) => c.json(await services.describeApi(c.var.publicUrl)) });
    addLoginRoutes(app, services.login);
    addFederationRoutes(app, services.federation);
    addUsageRoutes(app, services.usage); // of who has not signed in too: before the rest of /account
    for (const [path, { isFor }] of Object.entries(AUTH_RULES)) {
      if (isFor !== undefined) app.use(path, requireSignIn);
      if (isFor === "administrators") app.use(path, requireAdmin);
    }
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
