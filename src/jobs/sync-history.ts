import { and, desc, eq, gt } from "drizzle-orm";
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

/** A prepared statement and values by their places: drizzle's own insert took three times as long for each row. */
const INSERT = `insert into sync_request
  (owner, actor, started_at, run_id, parameters, status, duration_ms, work_ms, byte_length, bytes_to_read, pixels_to_decode,
   error)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** `onFailure` is told when rows are lost, to a full disk for example: requests go on. */
export function createSyncHistory(
  { orm, sqlite }: RecordsDatabase,
  { delayMilliseconds, onFailure }: { delayMilliseconds: number; onFailure: (error: unknown) => void },
): SyncHistory {
  const insert = sqlite.prepare(INSERT);
  const insertAll = sqlite.transaction((entries: readonly SyncEntry[]) => {
    for (const entry of entries) insert.run(rowOf(entry));
  });
  let waiting: SyncEntry[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const entries = waiting;
    waiting = [];
    try {
      insertAll(entries);
    } catch (error) {
      onFailure(error);
    }
  }

  return {
    record(entry) {
      waiting.push(isShort(entry.parameters) ? entry : { ...entry, parameters: shortened(entry.parameters) });
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

/** In the order of `INSERT`. */
function rowOf(entry: SyncEntry): (string | number | null)[] {
  const { owner, actor, startedAt, runId, parameters, status, byteLength, cost, error } = entry;
  // Of answers that were broken off, or had nothing to send, the time says nothing about the cost.
  const isWhole = status === 200 && byteLength > 0;
  return [
    owner,
    actor ?? null,
    startedAt,
    runId ?? null,
    JSON.stringify(parameters),
    status,
    Math.round(entry.durationMilliseconds),
    isWhole ? entry.workMilliseconds : null,
    byteLength,
    cost?.bytesToRead ?? null,
    cost?.pixelsToDecode ?? null,
    error?.slice(0, 1000) ?? null,
  ];
}

/** A request may carry a megabyte of polygon; the history keeps what tells it from others. */
const MAX_PARAMETERS = 100;
const MAX_NAME_LENGTH = 100;
const MAX_PARAMETERS_LENGTH = 10_000;

function isShort(parameters: ParameterList): boolean {
  let length = 0;
  for (const [name, value] of parameters) {
    if (name.length > MAX_NAME_LENGTH) return false;
    length += name.length + value.length;
  }
  return length <= MAX_PARAMETERS_LENGTH && parameters.length <= MAX_PARAMETERS;
}

function shortened(parameters: ParameterList): ParameterList {
  let left = MAX_PARAMETERS_LENGTH;
  return parameters.slice(0, MAX_PARAMETERS).map(([name, value]) => {
    const kept = [name.slice(0, MAX_NAME_LENGTH), value.slice(0, Math.max(0, left))] as const;
    left -= kept[0].length + kept[1].length;
    return kept;
  });
}
