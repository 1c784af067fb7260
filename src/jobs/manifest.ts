import { ANONYMOUS } from "../access/user.ts";
import { formatCsvLine } from "../encode/csv.ts";
import { formatInstant } from "../ivoa/uws-values.ts";
import type { ListedRow } from "./job-service.ts";
import { FINISHED_PHASES, resultId, type Job, type JobResult, type ResultState, type StoredFile } from "./job.ts";

/** What is known of a job when its manifest is written. */
export type JobContents = {
  readonly job: Job;
  /** In order of their numbers. */
  readonly results: readonly JobResult[];
  /** The coordinate list; empty where there was none. */
  readonly rows: readonly ListedRow[];
  /** Names of the files that are on the disk. */
  readonly present: ReadonlySet<string>;
};

/** One combination: where it comes from, what became of it, and why there is no file where there is none. */
export type ManifestEntry = {
  /** UWS id. */
  readonly result: string;
  /** Of the coordinate list, from 1. */
  readonly row: number | null;
  readonly rowId: string | null;
  readonly state: ResultState;
  readonly file: string | null;
  readonly mediaType: string | null;
  readonly byteLength: number | null;
  readonly sha256: string | null;
  /** UTC. */
  readonly endedAt: string | null;
  readonly why: string | null;
  /** Query of the synchronous request that gives the same file: behind `/sync?`. */
  readonly request: string;
  readonly datasets: readonly string[];
  readonly missing: readonly string[];
  /** The row as it came. */
  readonly columns: Readonly<Record<string, string>>;
};

/** What a result is said to be whose file is no longer on the disk. */
export const LOST_FILE = "Error: The file is not there any more; the job can be run again to make it anew";

function* listEntries({ job, results, rows, present }: JobContents): Generator<ManifestEntry> {
  const byNumber = new Map(rows.map((row) => [row.number, row]));
  for (const result of results) {
    const row = result.rowNumber === null ? undefined : byNumber.get(result.rowNumber);
    const { state, file, why } = outcomeOf(result, job, present);
    yield {
      result: resultId(result),
      row: result.rowNumber,
      rowId: row?.id ?? null,
      state,
      file: file?.name ?? null,
      mediaType: file?.mediaType ?? null,
      byteLength: file?.byteLength ?? null,
      sha256: file?.sha256 ?? null,
      endedAt: formatOptionalInstant(result.endedAt),
      why,
      request: new URLSearchParams(result.recipe.map(([name, value]) => [name, value])).toString(),
      datasets: result.datasets,
      missing: result.missing,
      columns: row?.columns ?? {},
    };
  }
}

/** Of results whose files are there: those and no others are in an archive. */
export function listStored({ results, present }: JobContents): StoredResult[] {
  const isStored = (result: JobResult): result is StoredResult =>
    result.state === "DONE" && result.file !== null && present.has(result.file.name);
  return results.filter(isStored);
}

export type StoredResult = JobResult & { readonly file: StoredFile };

function outcomeOf({ state, file, message }: JobResult, { phase }: Job, present: ReadonlySet<string>) {
  if (state === "DONE") {
    if (file !== null && present.has(file.name)) return { state, file, why: null };
    return { state: "FAILED", file: null, why: LOST_FILE } as const;
  }
  const undone = state === "WAITING" && FINISHED_PHASES.includes(phase);
  return { state, file: null, why: message ?? (undone ? `It was not made: the job is ${phase}` : null) };
}

/** The manifest as JSON, a result a line; the pieces are of any length. */
export function* formatManifestJson(contents: JobContents): Generator<string> {
  const { job, results, present } = contents;
  const states = results.map((result) => outcomeOf(result, job, present).state);
  const count = (state: ResultState) => states.filter((other) => other === state).length;
  const head = {
    // The address of a job that is nobody's is what opens it: a manifest may be handed on.
    id: job.owner === ANONYMOUS.id ? null : job.id,
    runId: job.runId,
    phase: job.phase,
    complete: FINISHED_PHASES.includes(job.phase),
    createdAt: formatInstant(job.createdAt),
    startedAt: formatOptionalInstant(job.startedAt),
    endedAt: formatOptionalInstant(job.endedAt),
    parameters: job.parameters,
    error: job.error?.message ?? null,
    results: {
      total: results.length,
      done: count("DONE"),
      empty: count("EMPTY"),
      failed: count("FAILED"),
      running: count("RUNNING"),
      waiting: count("WAITING"),
    },
  };
  yield `{"job":${JSON.stringify(head)},\n"results":[`;
  let separator = "\n";
  for (const entry of listEntries(contents)) {
    yield separator + JSON.stringify(entry);
    separator = ",\n";
  }
  yield "\n]}\n";
}

/** Our columns; those of the list come behind them. */
const CSV_COLUMNS: readonly (readonly [name: string, value: (entry: ManifestEntry) => string | number | null])[] = [
  ["result", ({ result }) => result],
  ["row", ({ row }) => row],
  ["row_id", ({ rowId }) => rowId],
  ["state", ({ state }) => state],
  ["file", ({ file }) => file],
  ["media_type", ({ mediaType }) => mediaType],
  ["bytes", ({ byteLength }) => byteLength],
  ["sha256", ({ sha256 }) => sha256],
  ["ended_at", ({ endedAt }) => endedAt],
  ["why", ({ why }) => why],
  ["request", ({ request }) => request],
  ["datasets", ({ datasets }) => datasets.join(" ")],
  ["missing", ({ missing }) => missing.join(" ")],
];

/**
 * The manifest as RFC 4180 has it, in UTF-8 and with a header; a column of the list that has the name of one of ours gets
 * `list_` before it. The pieces are of any length.
 */
export function* formatManifestCsv(contents: JobContents): Generator<string> {
  const listed = listColumns(contents.rows);
  yield formatCsvLine([...CSV_COLUMNS.map(([name]) => name), ...listed.map(({ heading }) => heading)]);
  for (const entry of listEntries(contents)) {
    const ours = CSV_COLUMNS.map(([, value]) => value(entry));
    yield formatCsvLine([
      ...ours,
      ...listed.map(({ name }) => (Object.hasOwn(entry.columns, name) ? entry.columns[name] : null)),
    ]);
  }
}

function listColumns(rows: readonly ListedRow[]): { readonly name: string; readonly heading: string }[] {
  const taken = new Set(CSV_COLUMNS.map(([name]) => name));
  const names = new Set(rows.flatMap(({ columns }) => Object.keys(columns)));
  return [...names].map((name) => {
    let heading = name;
    while (taken.has(heading)) heading = `list_${heading}`;
    taken.add(heading);
    return { name, heading };
  });
}

function formatOptionalInstant(instant: number | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
