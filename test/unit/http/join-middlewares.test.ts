import { Hono } from "hono";
import { expect, test } from "vitest";
import type { AppEnv } from "../../../src/http/app-env.ts";
import { joinMiddlewares } from "../../../src/http/join-middlewares.ts";

function createApp(seen: string[]) {
  const app = new Hono<AppEnv>();
  app.use(
    joinMiddlewares([
      (c, next) => {
        seen.push("first");
        if (c.req.path === "/broken") throw new Error("broken");
        return next();
      },
      null,
      async (c, next) => {
        seen.push("second");
        if (c.req.path === "/answered") return c.text("answered", 403);
        await next();
        seen.push("after");
        return undefined;
      },
    ]),
  );
  app.get("/", (c) => {
    seen.push("handler");
    return c.text("whole");
  });
  app.get("/failed", () => Promise.reject(new Error("failed")));
  app.onError((error, c) => c.text(error.message, 500));
  return app;
}

test.each([
  ["/", 200, "whole", ["first", "second", "handler", "after"]],
  ["/answered", 403, "answered", ["first", "second"]],
  ["/broken", 500, "broken", ["first"]],
  ["/failed", 500, "failed", ["first", "second", "after"]],
])("joined middlewares look at %s in their order", async (path, status, text, seen) => {
  const looked: string[] = [];
  const response = await createApp(looked).request(path);
  expect([response.status, await response.text(), looked]).toEqual([status, text, seen]);
});
