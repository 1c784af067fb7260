import { Validator } from "@seriousme/openapi-schema-validator";
import { beforeAll, expect, test } from "vitest";
import { describeApi, OPERATIONS } from "../../../src/http/openapi/describe-api.ts";
import { createBareCutoutApp } from "../../support/bare-cutout-app.ts";

type Described = {
  operationId: string;
  parameters: { name: string; in: string }[];
  security?: Record<string, string[]>[];
  responses: Record<string, { description: string; content: object }>;
};
type Document = {
  paths: Record<string, Record<string, Described>>;
  components: { securitySchemes: Record<string, { type: string }> };
};
let document: Document;
beforeAll(() => {
  document = describeApi({ software: "recorte 0.1.0", publicUrl: "https://cutout.example.org" }) as Document;
});

test("the document is valid OpenAPI 3.1", async () => {
  const result = await new Validator().validate(structuredClone(document));
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
});

test("the document describes every route there is, and no other", () => {
  const routes = createBareCutoutApp()
    .routes.filter(({ method, path }) => ["GET", "POST", "DELETE"].includes(method) && !/^\/docs\/./.test(path))
    .map(({ method, path }) => `${method} ${path.replace(/\{[^}]*\}/g, "")}`);
  const described = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect([...new Set(described)].sort()).toEqual([...new Set(routes)].sort());
  expect(described.length).toBe(new Set(described).size);
});

test("operations have ids of their own", () => {
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test("/sync takes the parameters of the table that reads them", () => {
  const names = document.paths["/sync"]?.["get"]?.parameters.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["ID", "POS", "CIRCLE", "POLYGON", "BAND", "TIME", "POL", "FILTER"]));
});

const OPEN = ["/", "/capabilities", "/availability", "/docs", "/openapi.json"];
const described = (of: Document) =>
  Object.entries(of.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );

test("every operation tells what it asks of who asks, and what they are told who lack it", () => {
  for (const { path, method, security, responses } of described(document)) {
    const name = `${method} ${path}`;
    if (path === "/health") {
      expect(security).toEqual([]);
      continue;
    }
    expect(responses["401"]?.description, name).toContain("AuthenticationError");
    expect(responses["429"]?.description, name).toContain("Retry-After");
    if (OPEN.includes(path)) {
      expect(security, name).toEqual([{}]);
      continue;
    }
    const scope = path.startsWith("/async") && method !== "get" ? "jobs" : "read";
    expect(security, name).toContainEqual({ token: [scope] });
    expect(security, name).toContainEqual({ session: [] });
    expect(responses["403"]?.description, name).toContain(`lacks scope ${scope}`);
  }
  expect(Object.keys(document.components.securitySchemes)).toEqual(["token", "session"]);
});

test("errors have the form of their service", () => {
  for (const path of ["/query", "/links"]) {
    for (const status of ["401", "403", "429"]) {
      expect(Object.keys(document.paths[path]?.["get"]?.responses[status]?.content ?? {})).toEqual([
        "application/x-votable+xml",
      ]);
    }
  }
});

test("nobody in particular may ask, unless that is switched off, or it is about who asks", () => {
  const isForNobody = (of: Document) =>
    described(of).flatMap(({ path, security }) =>
      security?.some((needs) => Object.keys(needs).length === 0) === true ? [path] : [],
    );
  expect(isForNobody(document)).toEqual(expect.arrayContaining(["/sync", "/async", "/query"]));
  expect(isForNobody(document)).not.toContain("/history");
  const options = { software: "recorte 0.1.0", publicUrl: "https://x.org", anonymous: false };
  expect(isForNobody(describeApi(options) as Document).sort()).toEqual([...OPEN].sort());
});
