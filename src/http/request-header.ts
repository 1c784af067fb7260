import type { Context } from "hono";
import type { Connection } from "./client-address.ts";

/**
 * A header of the request, by its name in lower case. Most of those that we look for are not there, and node:http knows that
 * at once; what is there is read as the standard has it, also where it came twice.
 */
export function requestHeader(c: Context, name: string): string | undefined {
  const headers = (c.env as Connection | undefined)?.incoming?.headers;
  return headers !== undefined && headers[name] === undefined ? undefined : c.req.header(name);
}
