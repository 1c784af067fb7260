import { z } from "zod";
import { LIMIT_NAMES } from "../../access/limits/limit-values.ts";
import { ROLES } from "../../access/user.ts";

// Answers in JSON, described once: routes take the types from here, and nothing else, so that the package that describes
// them is loaded for /openapi.json only.

/** All but the status is for those who look after the service. */
export const healthAnswer = z.object({
  status: z.enum(["ok", "degraded", "draining"]),
  version: z.string().optional(),
  startedAt: z.iso.datetime().optional(),
  uptimeSeconds: z.number().int().optional(),
  parts: z
    .array(z.object({ name: z.string(), status: z.enum(["ok", "failed"]), problem: z.string().optional() }))
    .optional(),
});

export type HealthAnswer = z.infer<typeof healthAnswer>;

export const usageAnswer = z.object({
  user: z.string(),
  role: z.enum(ROLES),
  limits: z.array(
    z.object({
      name: z.enum(LIMIT_NAMES),
      explanation: z.string(),
      unit: z.string().describe("What is counted"),
      limit: z.number().nullable().describe("null: no limit"),
      used: z.number().nullable().describe("Now; null for what limits one request or job at a time"),
      resetsAt: z.iso.datetime().nullable().describe("When there will be more, where time alone brings it"),
      sharedWith: z
        .enum(["address", "anonymous"])
        .nullable()
        .describe(
          "Of who has not signed in: the limit and the use of all with this address, or of all there are; a limit may be there for each",
        ),
    }),
  ),
});

export type UsageAnswer = z.infer<typeof usageAnswer>;

export const historyAnswer = z.object({
  requests: z.array(
    z.object({
      startedAt: z.iso.datetime(),
      actor: z.string().nullable().describe("The service that asked in the user's name"),
      runId: z.string().nullable(),
      parameters: z.array(z.tuple([z.string(), z.string()])).describe("Names and values, as they came"),
      status: z.int().describe("HTTP status; 499: the client went away before the end"),
      durationMilliseconds: z.int(),
      workMilliseconds: z.number().nullable().describe("Of it, in which the cutout was made"),
      byteLength: z.int().describe("Bytes that were sent"),
      bytesToRead: z.int().nullable().describe("Bytes of the archive that were needed"),
      pixelsToDecode: z.int().nullable(),
      error: z.string().nullable().describe("As the client got it"),
    }),
  ),
});
