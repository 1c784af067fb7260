import type { CutoutCost } from "../cutout/plan.ts";

/** One line of the log: a request and how it ended. No parameters but RUNID, no addresses, no credentials. */
export type LogEntry = {
  /** "request": any that failed outside of its handler. */
  readonly event: "sync" | "request";
  /** 499: given up by the client. */
  readonly status: number;
  readonly milliseconds: number;
  readonly bytes?: number | undefined;
  readonly cost?: CutoutCost | undefined;
  readonly requestId?: string | undefined;
  /** The client's own name of the request. */
  readonly runId?: string | undefined;
  readonly error?: unknown;
};
