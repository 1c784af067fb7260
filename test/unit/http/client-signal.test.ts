import type { Context } from "hono";
import { expect, test, vi } from "vitest";
import { whenClientGone } from "../../../src/http/client-signal.ts";
import type { AnswerEnd } from "../../../src/http/sent-answer.ts";

const END: AnswerEnd = { isWhole: true, bytes: 0, firstByteAt: null };

function contextOf({ env = {}, signal }: { env?: object; signal?: AbortSignal }): Context {
  return { env, req: { raw: { signal } } } as unknown as Context;
}

function sentAnswer() {
  const listeners: ((end: AnswerEnd) => void)[] = [];
  const outgoing = { onceEnded: (listener: (end: AnswerEnd) => void) => void listeners.push(listener) };
  return { env: { outgoing }, end: (end: AnswerEnd) => listeners.forEach((listener) => listener(end)) };
}

test("a client is gone when its answer ended before it was whole", () => {
  const { env, end } = sentAnswer();
  const listener = vi.fn();
  whenClientGone(contextOf({ env }), listener);
  expect(listener).not.toHaveBeenCalled();
  end({ ...END, isWhole: false });
  expect(listener).toHaveBeenCalledOnce();
});

test("a client that has all of its answer is not gone", () => {
  const { env, end } = sentAnswer();
  const listener = vi.fn();
  whenClientGone(contextOf({ env }), listener);
  end(END);
  expect(listener).not.toHaveBeenCalled();
});

test("without a server below, the request's own signal tells", () => {
  const controller = new AbortController();
  const listener = vi.fn();
  whenClientGone(contextOf({ signal: controller.signal }), listener);
  expect(listener).not.toHaveBeenCalled();
  controller.abort();
  expect(listener).toHaveBeenCalledOnce();
  const late = vi.fn();
  whenClientGone(contextOf({ signal: controller.signal }), late);
  expect(late).toHaveBeenCalledOnce();
});
