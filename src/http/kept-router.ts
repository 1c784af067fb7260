import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";

/**
 * Hono's own router, which keeps what it finds at addresses that are written as their route is: there are few of them, and
 * most requests go there. By itself it would look through all routes at each request, since ours are too many-sided for its
 * quicker way.
 */
export class KeptRouter<T> implements Router<T> {
  readonly name = "KeptRouter";
  readonly #router = new SmartRouter<T>({ routers: [new RegExpRouter<T>(), new TrieRouter<T>()] });
  readonly #patterns = new Set<string>();
  /** By method, then by path. */
  readonly #kept = new Map<string, Map<string, Result<T>>>();

  add(method: string, path: string, handler: T): void {
    this.#router.add(method, path, handler);
    this.#patterns.add(path);
  }

  match(method: string, path: string): Result<T> {
    return this.#kept.get(method)?.get(path) ?? this.#find(method, path);
  }

  #find(method: string, path: string): Result<T> {
    const found = this.#router.match(method, path);
    if (this.#patterns.has(path)) {
      const ofMethod = this.#kept.get(method) ?? new Map<string, Result<T>>();
      this.#kept.set(method, ofMethod.set(path, found));
    }
    return found;
  }
}
