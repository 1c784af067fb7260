import { Validator } from "@seriousme/openapi-schema-validator";
import { beforeAll, expect, test } from "vitest";
import { describeApi, OPERATIONS } from "../../../src/http/openapi/describe-api.ts";
import { createBareCutoutApp } from "../../support/bare-cutout-app.ts";

type Document = {
  paths: Record<string, Record<string, { operationId: string; parameters: { name: string; in: string }[] }>>;
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
