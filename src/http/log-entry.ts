import type { CutoutCost } from "../cutout/plan.ts";

/** One line of the log: a request and how it ended. No parameters, addresses or credentials. */
export type LogEntry = {
  readonly event: "sync";
  /** 499: given up by the client. */
  readonly status: number;
  readonly milliseconds: number;
  readonly bytes?: number;
  readonly cost?: CutoutCost;
  readonly requestId?: string;
  readonly error?: unknown;
};
