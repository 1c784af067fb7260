import type { Context } from "hono";
import type { Reservation } from "../access/limits/traffic.ts";
import type { CutoutCost } from "../cutout/plan.ts";
import type { StreamEnd } from "../encode/fits.ts";
import { Parameters } from "../ivoa/parameters.ts";
import type { SodaParameters } from "../ivoa/soda.ts";
import type { LentMemory } from "./answer-memory.ts";
import type { AppEnv } from "./app-env.ts";
import { whenClientGone } from "./client-signal.ts";
import type { Deadline } from "./deadline.ts";
import { storedParametersOf, type RecordSync } from "./sync-record.ts";
import { WorkMeter } from "./work-meter.ts";

export type SyncRunServices = {
  /** Of the time that one request may take, from its first byte to the last of its answer. */
  readonly startDeadline: () => Deadline;
  /** Keeps the user's history; none where it is left out. */
  readonly recordSync?: RecordSync | undefined;
  /** What small files are made in; memory of their own where it is left out. */
  readonly lentMemory?: LentMemory | undefined;
  /** Told when work on a request begins; what it gives back is called when that pauses. Jobs wait in between. */
  readonly enterRealtime?: (() => () => void) | undefined;
};

/** How a request ended. `text`: what the client was told. */
export type SyncEnd = { status: number; bytes?: number; error?: unknown; text?: string };

/** As nginx counts a client that went away. */
const STATUS_OF_END = { whole: 200, canceled: 499, failed: 500 } as const;

/** One request, from its first byte to the last of its answer. What is known of it is filled in as it becomes known. */
export class SyncRun {
  readonly deadline: Deadline;
  readonly meter: WorkMeter;
  given = NO_PARAMETERS;
  parameters: SodaParameters | undefined;
  cost: CutoutCost | undefined;
  reservation: Reservation | undefined;
  readonly lentMemory: LentMemory | undefined;
  readonly #context: Context<AppEnv>;
  readonly #recordSync: RecordSync | undefined;
  readonly #startedAt = Date.now();
  readonly #started = performance.now();

  constructor(c: Context<AppEnv>, { startDeadline, recordSync, lentMemory, enterRealtime }: SyncRunServices) {
    const deadline = startDeadline();
    whenClientGone(c, () => deadline.stop("client"));
    this.deadline = deadline;
    this.meter = new WorkMeter(enterRealtime);
    this.meter.start();
    this.#context = c;
    this.#recordSync = recordSync;
    this.lentMemory = lentMemory;
  }

  /** At the end of a file, whole or not. To be called once, as `end`. */
  endSent({ outcome, byteLength, error }: StreamEnd): void {
    this.end({ status: STATUS_OF_END[outcome], bytes: byteLength, error });
  }

  /** Of what could not be answered. To be called once, as `end`. */
  endRefused({ status, error, text }: { status: number; error: unknown; text: string }): void {
    this.end({ status: this.deadline.stoppedBy === "client" ? STATUS_OF_END.canceled : status, error, text });
  }

  /** To be called once, at whatever end. */
  end({ status, bytes = 0, error, text }: SyncEnd): void {
    const { deadline, meter, cost, parameters } = this;
    deadline.end();
    meter.stop();
    this.reservation?.settle(bytes);
    const c = this.#context;
    const runId = parameters?.runId;
    const notes = c.get("notes");
    notes.cost = cost;
    notes.runId = runId;
    notes.error = status === STATUS_OF_END.canceled ? undefined : error;
    const grant = c.get("grant");
    this.#recordSync?.({
      owner: c.get("user").id,
      actor: grant.kind === "token" ? grant.actor?.id : undefined,
      startedAt: this.#startedAt,
      runId,
      parameters: storedParametersOf(this.given),
      status,
      durationMilliseconds: performance.now() - this.#started,
      workMilliseconds: meter.milliseconds,
      byteLength: bytes,
      cost,
      error: text?.trimEnd(),
    });
  }
}

const NO_PARAMETERS = new Parameters([]);
