import { describe, expect, test } from "vitest";
import { readFields } from "../../../src/http/form-fields.ts";

const read = (body: string, type: string) =>
  readFields(new Request("http://localhost/", { method: "POST", body, headers: { "Content-Type": type } }));
const readJson = (body: unknown) => read(JSON.stringify(body), "application/json");

describe("fields of JSON", () => {
  test("a list is several values, null an empty one, and what is nested has dots", async () => {
    const fields = await readJson({ groups: ["a", "b"], full_name: null, limits: { streams: 3 }, again: true });
    expect(fields.names).toEqual(["groups", "full_name", "limits.streams", "again"]);
    expect(fields.all("groups")).toEqual(["a", "b"]);
    expect([fields.get("full_name"), fields.get("limits.streams"), fields.get("again")]).toEqual(["", "3", "true"]);
    expect(fields.isJson).toBe(true);
  });

  test("an empty list is a name without values, and no name that was left out", async () => {
    const fields = await readJson({ groups: [] });
    expect(fields.names).toEqual(["groups"]);
    expect(fields.all("groups")).toEqual([]);
    expect(fields.get("groups")).toBeUndefined();
    expect((await readJson({})).names).toEqual([]);
  });

  test.each([[{ a: { b: { c: 1 } } }], [{ a: [[1]] }], [{ a: [{ b: 1 }] }], [[1]], ["a"]])("not %j", async (body) => {
    await expect(readJson(body)).rejects.toMatchObject({ code: "usage" });
  });
});

test("fields of a form", async () => {
  const fields = await read("a=1&a=2&b=", "application/x-www-form-urlencoded");
  expect([fields.all("a"), fields.get("b"), fields.names, fields.isJson]).toEqual([["1", "2"], "", ["a", "b"], false]);
});
