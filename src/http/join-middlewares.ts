import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app-env.ts";

/**
 * All of them in their order, as one. Hono makes promises for each that it calls by itself, and most have nothing to wait for.
 * What one throws gets to those before it as it is, and to `onError` behind the first. One that waits for `next` has to hand
 * on what that gives: it may be the answer.
 */
export function joinMiddlewares(middlewares: readonly (MiddlewareHandler<AppEnv> | null)[]): MiddlewareHandler<AppEnv> {
  const uses = middlewares.filter((use) => use !== null);
  return (c, next) => {
    const proceed = (index: number): ReturnType<MiddlewareHandler> =>
      index === uses.length ? next() : uses[index](c, () => proceed(index + 1) as Promise<void>);
    return proceed(0);
  };
}
