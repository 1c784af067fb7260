import type { Context } from "hono";
import { expect, test, vi } from "vitest";
import { setAnswerHeader } from "../../../src/http/answer-header.ts";
import { requestHeader } from "../../../src/http/request-header.ts";

test("a header of an answer goes to the server's own answer, or to the context where there is none", () => {
  const outgoing = { onceEnded: vi.fn(), setHeader: vi.fn() };
  const header = vi.fn();
  setAnswerHeader({ env: { outgoing }, header } as unknown as Context, "ETag", "a");
  expect(outgoing.setHeader).toHaveBeenCalledWith("ETag", "a");
  expect(header).not.toHaveBeenCalled();
  setAnswerHeader({ env: undefined, header } as unknown as Context, "ETag", "b");
  expect(header).toHaveBeenCalledWith("ETag", "b");
});

function contextOf(sent: [string, string][], headers?: Record<string, unknown>): Context {
  const request = new Request("http://x/", { headers: sent });
  const env = headers === undefined ? undefined : { incoming: { headers } };
  return { env, req: { header: (name: string) => request.headers.get(name) ?? undefined } } as unknown as Context;
}

test("a header that came twice is read as the standard has it, though node:http keeps the first", () => {
  const twice: [string, string][] = [
    ["authorization", "Bearer a"],
    ["authorization", "Bearer b"],
  ];
  expect(requestHeader(contextOf(twice, { authorization: "Bearer a" }), "authorization")).toBe("Bearer a, Bearer b");
  expect(requestHeader(contextOf(twice), "authorization")).toBe("Bearer a, Bearer b");
  expect(requestHeader(contextOf([], {}), "authorization")).toBeUndefined();
  expect(requestHeader(contextOf([]), "authorization")).toBeUndefined();
});
