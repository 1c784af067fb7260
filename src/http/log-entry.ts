import type { Grant } from "../access/identity.ts";
import type { CutoutCost } from "../cutout/plan.ts";
import type { ErrorCode } from "../errors.ts";

/** One line of the log. */
export type LogEntry = RequestEntry | FaultEntry;

/** A request and how it ended: one line each. No parameters but RUNID, no credentials, and nobody's name. */
export type RequestEntry = {
  readonly event: "request";
  readonly service: string;
  readonly method: string;
  /** Pattern of its route; null where there is none. */
  readonly route: string | null;
  /** Without the query. */
  readonly path: string;
  /** 499: given up by the client. 500: a fault of ours, also where the answer had begun as another. */
  readonly status: number;
  readonly milliseconds: number;
  /** Until the first byte of the body went out. */
  readonly firstByteMilliseconds?: number | undefined;
  /** Of the body, as far as it was sent. */
  readonly bytes: number;
  readonly requestId: string | undefined;
  /** Address. */
  readonly client: string | null;
  /** Id, of who signed in where it was a sign-in; not there where it was refused before anybody asked. */
  readonly user?: string | undefined;
  readonly grant?: Grant["kind"] | undefined;
  /** Ids of the token, and of the service that asked in the user's name. */
  readonly token?: string | undefined;
  readonly actor?: string | undefined;
  /** The client's own name of the request. */
  readonly runId?: string | undefined;
  /** Id of the job that it made. */
  readonly job?: string | undefined;
  readonly cost?: CutoutCost | undefined;
  /** Why it was refused, or failed; and the limit, where that is one (`access/limits/limits.ts`). */
  readonly code?: ErrorCode | undefined;
  readonly limit?: string | undefined;
  readonly error?: unknown;
};

/** What failed beside all requests. */
export type FaultEntry = { readonly event: "fault"; readonly what: string; readonly error: unknown };
