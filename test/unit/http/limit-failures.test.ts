import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { NOBODY } from "../../../src/access/identity.ts";
import { ServiceError } from "../../../src/errors.ts";
import type { AppEnv } from "../../../src/http/app-env.ts";
import { identifyRequests } from "../../../src/http/authentication.ts";
import { answerError } from "../../../src/http/error-response.ts";
import { joinMiddlewares } from "../../../src/http/join-middlewares.ts";
import { limitFailures } from "../../../src/http/limit-failures.ts";

describe("credentials that are not good", () => {
  let address: string;
  const app = new Hono<AppEnv>();
  app.use((c, next) => {
    c.set("clientAddress", address);
    c.set("requestId", "r1");
    c.set("publicUrl", "https://cutout.survey.example");
    c.set("offersPasswords", false);
    return next();
  });
  const unknown = () => Promise.reject(new ServiceError("unauthenticated", "Cannot use the token: it is not known"));
  app.use(
    joinMiddlewares([
      limitFailures(),
      identifyRequests({
        authenticate: ({ authorization = "good" }) => (authorization === "good" ? Promise.resolve(NOBODY) : unknown()),
      }),
    ]),
  );
  app.get("/", (c) => c.text("x"));
  app.get("/closed", unknown);
  app.onError((error, c) => answerError(c, error).response);
  const ask = (path: string, authorization?: string) =>
    app.request(path, { headers: authorization === undefined ? {} : { authorization } });
  const failMany = async (count: number, path = "/", authorization = "bad") => {
    const statuses = new Set<number>();
    for (let i = 0; i < count; i++) statuses.add((await ask(path, authorization)).status);
    return [...statuses];
  };

  test("are refused after many of them from one address, for a while", async () => {
    address = "192.0.2.1";
    expect(await failMany(300)).toEqual([401]);
    const response = await ask("/", "bad");
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(response.headers.get("www-authenticate")).toBeNull();
    expect((await ask("/", "good")).status).toBe(200);
    expect((await ask("/")).status).toBe(200);
    address = "192.0.2.2";
    expect((await ask("/", "bad")).status).toBe(401);
  });

  test("are counted of an IPv6 network together", async () => {
    for (let i = 0; i < 300; i++) {
      address = `2001:db8:1:2::${i.toString(16)}`;
      await ask("/", "bad");
    }
    expect((await ask("/", "bad")).status).toBe(429);
  });

  test("are not those of who is known and has no right", async () => {
    address = "192.0.2.3";
    expect(await failMany(301, "/closed", "good")).toEqual([401]);
  });
});
