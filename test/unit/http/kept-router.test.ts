import { Hono } from "hono";
import { expect, test } from "vitest";
import { KeptRouter } from "../../../src/http/kept-router.ts";

function createApp() {
  const app = new Hono({ router: new KeptRouter() });
  app.get("/jobs", (c) => c.text("list"));
  app.post("/jobs", (c) => c.text("made"));
  app.get("/jobs/all.zip", (c) => c.text("archive"));
  app.get("/jobs/:id", (c) => c.text(`job ${c.req.param("id")}`));
  app.get("/jobs/:id/:rest{.+}", (c) => c.text(`${c.req.param("id")} ${c.req.param("rest")}`));
  app.all("/jobs", (c) => c.text("not so", 405));
  app.notFound((c) => c.text("nothing", 404));
  return app;
}

const REQUESTS = [
  ["GET", "/jobs", "list"],
  ["POST", "/jobs", "made"],
  ["PUT", "/jobs", "not so"],
  ["GET", "/jobs/all.zip", "archive"],
  ["GET", "/jobs/7", "job 7"],
  ["GET", "/jobs/8", "job 8"],
  ["GET", "/jobs/:id", "job :id"],
  ["GET", "/jobs/8/a/b", "8 a/b"],
  ["GET", "/jobs/9/a", "9 a"],
  ["GET", "/nowhere", "nothing"],
] as const;

test("an address leads to the same handler whenever it is asked for, and whatever was asked for before", async () => {
  const app = createApp();
  for (const requests of [REQUESTS, REQUESTS, REQUESTS.toReversed()]) {
    for (const [method, path, text] of requests) {
      expect(await (await app.request(path, { method })).text()).toBe(text);
    }
  }
});
