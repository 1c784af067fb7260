import { and, desc, eq, gt, sql } from "drizzle-orm";
import type { CutoutCost } from "../cutout/plan.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import { syncRequest } from "../db/records-schema.ts";
import type { ParameterList } from "./job.ts";

/** A synchronous request and how it ended. */
export type SyncEntry = {
  /** User id. */
  readonly owner: string;
  /** User id of the service that asked in the owner's name. */
  readonly actor?: string | undefined;
  /** Milliseconds since 1970, UTC. */
  readonly startedAt: number;
  readonly runId: string | undefined;
  readonly parameters: ParameterList;
  /** HTTP status; 499: the client went away. */
  readonly status: number;
  readonly durationMilliseconds: number;
  /** Of it, in which the answer was made; the rest of the time its client took. */
  readonly workMilliseconds: number;
  readonly byteLength: number;
  readonly cost: CutoutCost | undefined;
  /** Label and text, as the client got them. */
  readonly error: string | undefined;
};

/** The history of synchronous requests. */
export type SyncHistory = {
  /** Returns at once; the row is written with others a little later. */
  record(entry: SyncEntry): void;
  /** Newest first. */
  list(query: { owner: string; after: number | undefined; last: number }): StoredSyncRequest[];
  /** Writes what is waiting. */
  flush(): void;
  close(): void;
};

export type StoredSyncRequest = Omit<typeof syncRequest.$inferSelect, "owner">;

/** A transaction takes longer than the request that it records: so many share one. */
const MAX_WAITING = 500;
const MAX_PARAMETERS_LENGTH = 10_000;

const PLACEHOLDERS = {
  owner: sql.placeholder("owner"),
  actor: sql.placeholder("actor"),
  startedAt: sql.placeholder("startedAt"),
  runId: sql.placeholder("runId"),
  parameters: sql.placeholder("parameters"),
  status: sql.placeholder("status"),
  durationMilliseconds: sql.placeholder("durationMilliseconds"),
  workMilliseconds: sql.placeholder("workMilliseconds"),
  byteLength: sql.placeholder("byteLength"),
  bytesToRead: sql.placeholder("bytesToRead"),
  pixelsToDecode: sql.placeholder("pixelsToDecode"),
  error: sql.placeholder("error"),
};

/** `onFailure` is told when rows are lost, to a full disk for example: requests go on. */
export function createSyncHistory(
  { orm }: RecordsDatabase,
  { delayMilliseconds, onFailure }: { delayMilliseconds: number; onFailure: (error: unknown) => void },
): SyncHistory {
  // Prepared once: making the statement anew took ten times as long as running it.
  const insert = orm.insert(syncRequest).values(PLACEHOLDERS).prepare();
  let waiting: (typeof syncRequest.$inferInsert)[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const rows = waiting;
    waiting = [];
    if (rows.length === 0) return;
    try {
      orm.transaction(() => {
        for (const row of rows) insert.run(row);
      });
    } catch (error) {
      onFailure(error);
    }
  }

  return {
    record({ actor, cost, runId, error, parameters, durationMilliseconds, workMilliseconds, ...entry }) {
      // Of answers that were broken off, or had nothing to send, the time says nothing about the cost.
      const isWhole = entry.status === 200 && entry.byteLength > 0;
      waiting.push({
        ...entry,
        actor: actor ?? null,
        runId: runId ?? null,
        parameters: bounded(parameters),
        durationMilliseconds: Math.round(durationMilliseconds),
        workMilliseconds: isWhole ? workMilliseconds : null,
        bytesToRead: cost?.bytesToRead ?? null,
        pixelsToDecode: cost?.pixelsToDecode ?? null,
        error: error?.slice(0, 1000) ?? null,
      });
      if (waiting.length >= MAX_WAITING) flush();
      else timer ??= setTimeout(flush, delayMilliseconds);
    },
    list({ owner, after, last }) {
      flush();
      const own = eq(syncRequest.owner, owner);
      const rows = orm
        .select()
        .from(syncRequest)
        .where(after === undefined ? own : and(own, gt(syncRequest.startedAt, after)))
        .orderBy(desc(syncRequest.startedAt), desc(syncRequest.id))
        .limit(last)
        .all();
      return rows.map(({ owner: _, ...row }) => row);
    },
    flush,
    close: flush,
  };
}

/** A request may carry a megabyte of polygon; the history keeps what tells it from others. */
function bounded(parameters: ParameterList): ParameterList {
  let left = MAX_PARAMETERS_LENGTH;
  return parameters.slice(0, 100).map(([name, value]) => {
    const kept = [name.slice(0, 100), value.slice(0, Math.max(0, left))] as const;
    left -= kept[0].length + kept[1].length;
    return kept;
  });
}
