import type { Context, Hono } from "hono";
import type { AppEnv } from "./app-env.ts";

export type ResourceHandler = (c: Context<AppEnv>) => Response | Promise<Response>;

/** One address and what may be done there; every other method is 405 with what may (RFC 9110, section 15.5.6). */
export function addResource(
  app: Hono<AppEnv>,
  path: string,
  handlers: { readonly GET?: ResourceHandler; readonly POST?: ResourceHandler; readonly DELETE?: ResourceHandler },
): void {
  for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
  const allowed = Object.keys(handlers).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  app.all(path, (c) =>
    c.text(`UsageError: Cannot ${c.req.method} ${c.req.path.slice(0, 200)}: it takes ${allowed.join(", ")}\n`, 405, {
      Allow: allowed.join(", "),
    }),
  );
}
