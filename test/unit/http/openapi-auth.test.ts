import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AUTH_OPERATIONS } from "../../../src/http/openapi/auth-operations.ts";
import { AUTH, createTestAuthApp, type AuthApp } from "../../support/auth-app.ts";

type Document = { paths: Record<string, Record<string, { operationId: string; security: object[] }>> };
let auth: AuthApp;
let document: Document;
beforeAll(async () => {
  auth = await createTestAuthApp();
  document = (await (await auth.app.request(`${AUTH}/openapi.json`)).json()) as Document;
});
afterAll(() => auth.close());

test("the document of the auth service is valid OpenAPI 3.1", async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
});

test("it describes every route but those that providers, pages and whoever measures use, and no other", () => {
  const routes = auth.app.routes
    .filter(
      ({ method, path }) => ["GET", "POST", "DELETE"].includes(method) && !/^\/(assets|oidc|saml|metrics)\b/.test(path),
    )
    .map(({ method, path }) => `${method} ${path}`);
  const described = AUTH_OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect([...new Set(described)].sort()).toEqual([...new Set(routes)].sort());
  expect(described.length).toBe(new Set(described).size);
});

test("operations have ids of their own, and say which scope they need", () => {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  expect(document.paths["/admin/users"]["post"].security).toEqual([{ token: ["admin"] }, { session: [] }]);
  expect(document.paths["/tokens"]["get"].security).toEqual([{ token: ["read"] }, { session: [] }]);
  expect(document.paths["/tokens"]["post"].security).toEqual([{ token: ["jobs"] }, { session: [] }]);
  expect(document.paths["/login"]["post"].security).toEqual([{}]);
});

test("what is described as not open is closed to strangers", async () => {
  for (const { method, path } of AUTH_OPERATIONS) {
    const { security } = document.paths[path.replace(/:(\w+)/g, "{$1}")][method];
    if (security.some((way) => Object.keys(way).length === 0) || path === "/logout") continue;
    const address = AUTH + path.replace(/:\w+/g, "x");
    const response = await auth.app.request(address, {
      method: method.toUpperCase(),
      headers: { accept: "application/json" },
    });
    expect([method, path, response.status]).toEqual([method, path, 401]);
  }
});
