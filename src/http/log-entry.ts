import type { Grant } from "../access/authenticate.ts";
import type { CutoutCost } from "../cutout/plan.ts";

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
  /** Id; not there where it was refused before anybody asked. */
  readonly user?: string | undefined;
  readonly grant?: Grant["kind"] | undefined;
  /** Ids of the token, and of the service that asked in the user's name. */
  readonly token?: string | undefined;
  readonly actor?: string | undefined;
  /** The client's own name of the request. */
  readonly runId?: string | undefined;
  readonly cost?: CutoutCost | undefined;
  readonly error?: unknown;
};

/** What failed beside all requests. */
export type FaultEntry = { readonly event: "fault"; readonly what: string; readonly error: unknown };
