import { Gauge, type Registry } from "prom-client";
import type { RecordsDatabase } from "../../db/records-database.ts";
import type { JobPhase } from "../../jobs/job.ts";
import type { QueueReader } from "../../jobs/queue-state.ts";
import { createStorageReader, type StoredByRole } from "../../jobs/stored-by-role.ts";

/** What the records say of jobs: the same at every process that shares them. */
export type RecordsSnapshot = {
  readonly phases: Readonly<Record<JobPhase, number>>;
  /** Results that wait for a worker; no more than `MAX_COUNTED` are counted. */
  readonly waitingResults: number;
  /** Of the job that has been QUEUED for longest; 0 where none is. */
  readonly oldestSeconds: number;
  readonly workers: number;
  readonly storage: readonly StoredByRole[];
};

/** More would take longer than a request may wait for it. */
export const MAX_COUNTED = 5000;

/** Of jobs and workers what everybody sees of them; no result is looked at that does not wait or run. */
export function createSnapshotReader(records: RecordsDatabase, queue: QueueReader): (now: number) => RecordsSnapshot {
  const readStorage = createStorageReader(records);
  return (now) => {
    const { waitingResults, oldestQueuedAt } = queue.queue(now, { mostResults: MAX_COUNTED });
    return {
      phases: queue.phases(now),
      waitingResults,
      oldestSeconds: Math.max(0, now - (oldestQueuedAt ?? now)) / 1000,
      workers: queue.workers(now),
      storage: readStorage(),
    };
  };
}

/** Milliseconds that a look at the records is kept, and how often as long as it took: it never costs more than a thousandth. */
const KEPT_MILLISECONDS = 5000;
const KEPT_TIMES = 1000;

/** The same for some seconds: several may ask, and one answer has many numbers. */
export function keepSnapshot(
  read: (now: number) => RecordsSnapshot,
  clock: { readonly now: () => number; readonly monotonic: () => number },
): () => RecordsSnapshot {
  let kept: RecordsSnapshot | null = null;
  let until = 0;
  return () => {
    const began = clock.monotonic();
    if (kept !== null && began < until) return kept;
    kept = read(clock.now());
    const ended = clock.monotonic();
    until = ended + Math.max(KEPT_MILLISECONDS, KEPT_TIMES * (ended - began));
    return kept;
  };
}

/** Gauges of the queue and of what is stored. While the records do not answer, they are not there. */
export function addRecordsMetrics(registry: Registry, snapshot: () => RecordsSnapshot): void {
  const registers = [registry];
  const gauge = <L extends string>(
    name: string,
    { help, labels = [] }: { readonly help: string; readonly labels?: readonly L[] },
    set: (gauge: Gauge<L>, snapshot: RecordsSnapshot) => void,
  ) =>
    new Gauge<L>({
      ...{ name, help, labelNames: labels, registers },
      collect() {
        this.reset();
        try {
          set(this, snapshot());
        } catch {
          if (labels.length === 0) this.remove(); // busy, or gone: /health tells of it
        }
      },
    });
  gauge("recorte_jobs", { help: "Jobs by phase", labels: ["phase"] }, (jobs, { phases }) => {
    for (const [phase, count] of Object.entries(phases)) jobs.set({ phase }, count);
  });
  const most = `no more than ${MAX_COUNTED} are counted`;
  gauge("recorte_queue_results", { help: `Results that wait for a worker; ${most}` }, (results, { waitingResults }) => {
    results.set(waitingResults);
  });
  const oldest = "Since when the job that is queued for longest is; 0: none is";
  gauge("recorte_queue_oldest_seconds", { help: oldest }, (age, { oldestSeconds }) => age.set(oldestSeconds));
  gauge("recorte_workers", { help: "Workers that were heard of lately" }, (alive, { workers }) => alive.set(workers));
  const ofRole = { labels: ["role"] } as const;
  gauge("recorte_stored_bytes", { help: "Bytes of results that are kept", ...ofRole }, (bytes, { storage }) => {
    for (const { role, stored } of storage) bytes.set({ role }, stored);
  });
  const reserved = "Bytes set apart for results under way";
  gauge("recorte_reserved_bytes", { help: reserved, ...ofRole }, (bytes, { storage }) => {
    for (const { role, reserved } of storage) bytes.set({ role }, reserved);
  });
}
