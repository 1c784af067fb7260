import type { Context } from "hono";
import { sentAnswerIn } from "./sent-answer.ts";

/**
 * Sets a header of every answer to this request, unless whoever answers says something else. On a server it goes to the
 * server's own answer: to `c.header` it would be the first to need a `Headers`, which costs more than all that is in it.
 */
export function setAnswerHeader(c: Context, name: string, value: string): void {
  const sent = sentAnswerIn(c.env);
  if (sent?.setHeader === undefined) c.header(name, value);
  else sent.setHeader(name, value);
}
