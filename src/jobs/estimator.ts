import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import type { CutoutCost } from "../cutout/plan.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import { job, jobResult, syncRequest } from "../db/records-schema.ts";
import type { ParameterList } from "./job.ts";
import { estimateSeconds, learnRunTimes, type RunTime, type Work } from "./run-times.ts";

/** Says how long things take, from what has run before. */
export type Estimator = {
  /** In which one synchronous cutout is made; its client may take longer to read it. */
  secondsOf(work: Work): number;
  /** When a job that is queued now will be done: milliseconds since 1970, UTC. */
  quote(job: QuotedJob, signal: AbortSignal): Promise<number>;
};

export type QuotedJob = {
  readonly id: string;
  readonly owner: string;
  readonly priority: number;
  readonly recipes: readonly ParameterList[];
};

export type EstimatorServices = {
  readonly records: RecordsDatabase;
  /** The cost of one recipe; null where no image overlaps or it cannot be told. */
  readonly costOf: (recipe: ParameterList, signal: AbortSignal, owner: string) => Promise<CutoutCost | null>;
  /** Results that are worked on at a time. */
  readonly concurrency: number;
  readonly now: () => number;
};

/** So many of the latest run times, asked for again after so long. */
const RUN_TIMES = 300;
const MODEL_MILLISECONDS = 10_000;

/** Results of a job that are planned to know the cost of all, evenly over the job, and how long that may take. */
const SAMPLES = 16;
const SAMPLING_MILLISECONDS = 1000;

export function createEstimator({ records, costOf, concurrency, now }: EstimatorServices): Estimator {
  const answers = keep(() => learnRunTimes(timesOfRequests(records)), now);
  const results = keep(() => learnRunTimes(timesOfResults(records)), now);

  /** Mean over a sample; what overlaps nothing takes the fixed time. */
  async function secondsPerResult({ recipes, owner }: QuotedJob, signal: AbortSignal): Promise<number> {
    const began = now();
    const step = Math.max(1, recipes.length / SAMPLES);
    let seconds = 0;
    let samples = 0;
    for (let at = 0; at < recipes.length && now() - began < SAMPLING_MILLISECONDS; at += step) {
      const cost = await costOf(recipes[Math.floor(at)], signal, owner);
      seconds += cost === null ? results().fixedSeconds : estimateSeconds(results(), cost);
      samples++;
    }
    return samples === 0 ? 0 : seconds / samples;
  }

  return {
    secondsOf: (work) => estimateSeconds(answers(), work),
    async quote(quoted, signal) {
      const own = await secondsPerResult(quoted, signal);
      const ahead = resultsAhead(records, quoted);
      // Those of others are thought to take as long as the latest results did.
      const others = meanSecondsOfResults(records) ?? own;
      const seconds = (own * quoted.recipes.length + others * ahead) / Math.max(1, concurrency);
      return now() + Math.ceil(seconds * 1000);
    },
  };
}

function keep<T>(make: () => T, now: () => number): () => T {
  let kept: { readonly value: T; readonly madeAt: number } | null = null;
  return () => {
    if (kept === null || now() - kept.madeAt > MODEL_MILLISECONDS) kept = { value: make(), madeAt: now() };
    return kept.value;
  };
}

function timesOfResults({ orm }: RecordsDatabase): RunTime[] {
  const milliseconds = sql<number>`${jobResult.endedAt} - ${jobResult.startedAt}`;
  return orm
    .select({ bytesToRead: jobResult.bytesToRead, pixelsToDecode: jobResult.pixelsToDecode, milliseconds })
    .from(jobResult)
    .where(and(eq(jobResult.state, "DONE"), isNotNull(jobResult.pixelsToDecode)))
    .orderBy(desc(jobResult.id))
    .limit(RUN_TIMES)
    .all()
    .map(runTimeOf);
}

/** The time in which answers were made: what their clients took to read them is no matter of cost. */
function timesOfRequests({ orm }: RecordsDatabase): RunTime[] {
  const { bytesToRead, pixelsToDecode, workMilliseconds } = syncRequest;
  return orm
    .select({ bytesToRead, pixelsToDecode, milliseconds: sql<number>`${workMilliseconds}` })
    .from(syncRequest)
    .where(and(isNotNull(workMilliseconds), isNotNull(pixelsToDecode)))
    .orderBy(desc(syncRequest.id))
    .limit(RUN_TIMES)
    .all()
    .map(runTimeOf);
}

type TimedRow = { bytesToRead: number | null; pixelsToDecode: number | null; milliseconds: number };

function runTimeOf({ bytesToRead, pixelsToDecode, milliseconds }: TimedRow): RunTime {
  return { bytesToRead: bytesToRead ?? 0, pixelsToDecode: pixelsToDecode ?? 0, seconds: milliseconds / 1000 };
}

/**
 * Results that are worked on before the last of this job: all of more urgent jobs, those of the same owner that were
 * queued before, and of every other owner as many as this job has, because owners take turns.
 */
function resultsAhead({ orm }: RecordsDatabase, { id, owner, priority, recipes }: QuotedJob): number {
  const waiting = orm
    .select({ owner: job.owner, priority: job.priority, results: sql<number>`count(*)` })
    .from(jobResult)
    .innerJoin(job, eq(job.id, jobResult.jobId))
    .where(
      and(
        sql`${job.phase} in ('QUEUED', 'EXECUTING')`,
        sql`${jobResult.state} in ('WAITING', 'RUNNING')`,
        sql`${job.id} <> ${id}`,
      ),
    )
    .groupBy(job.owner, job.priority)
    .all();
  return waiting.reduce((sum, other) => {
    if (other.priority > priority) return sum;
    const inTurn = other.priority === priority && other.owner !== owner;
    return sum + (inTurn ? Math.min(other.results, recipes.length) : other.results);
  }, 0);
}

function meanSecondsOfResults({ orm }: RecordsDatabase): number | null {
  const latest = orm
    .select({ milliseconds: sql<number>`${jobResult.endedAt} - ${jobResult.startedAt}` })
    .from(jobResult)
    .where(eq(jobResult.state, "DONE"))
    .orderBy(desc(jobResult.id))
    .limit(RUN_TIMES)
    .all();
  if (latest.length === 0) return null;
  return latest.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / latest.length / 1000;
}
