import type { z } from "zod";
import { ServiceError } from "../errors.ts";

/** What a client sent, read by its schema. "usage" names the first thing that is wrong, and where. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue.path.length > 0 ? ` ${issue.path.join(".")}` : "";
  throw new ServiceError("usage", `Cannot read${where}: ${issue.message}`);
}
