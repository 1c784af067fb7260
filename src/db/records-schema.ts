import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

// Tables of `records.sqlite`: jobs, their results, and what was asked. Ours alone: it cannot be made again from the archive.
// Instants are milliseconds since 1970, UTC. Every change of state is one guarded statement.

/** One UWS job. Its row is the truth: whatever a process believes, this is what holds. */
export const job = sqliteTable(
  "job",
  {
    /** Not to be guessed: 130 random bits. */
    id: text("id").primaryKey(),
    /** User id; "anonymous" for nobody's. */
    owner: text("owner").notNull(),
    /** User id of the service that made it in the owner's name. */
    actor: text("actor"),
    /** Address of who made it without signing in: it counts for that one too. */
    client: text("client"),
    /** Of the owner when the job was made: lower goes first. */
    priority: integer("priority").notNull(),
    runId: text("run_id"),
    phase: text("phase").$type<StoredPhase>().notNull(),
    /** As they came, in order. */
    parameters: text("parameters", { mode: "json" }).$type<StoredParameters>().notNull(),
    createdAt: integer("created_at").notNull(),
    /** When it last became QUEUED. */
    queuedAt: integer("queued_at"),
    startedAt: integer("started_at"),
    endedAt: integer("ended_at"),
    /** When it goes, with its results. */
    destructionAt: integer("destruction_at").notNull(),
    /** How often its owner has put off its destruction. */
    extensions: integer("extensions").notNull().default(0),
    /** Estimate of when it will be done. */
    quoteAt: integer("quote_at"),
    /** 0: as long as it takes. */
    executionDurationSeconds: integer("execution_duration_s").notNull(),
    errorCode: text("error_code"),
    errorMessage: text("error_message"),
  },
  (table) => [
    index("job_owner").on(table.owner, table.createdAt),
    index("job_phase").on(table.phase, table.priority, table.queuedAt),
    index("job_destruction").on(table.destructionAt),
  ],
);

/** One row of a job's coordinate list. */
export const jobRow = sqliteTable(
  "job_row",
  {
    jobId: text("job_id")
      .notNull()
      .references(() => job.id, { onDelete: "cascade" }),
    /** From 1, in the order of the list. */
    number: integer("number").notNull(),
    /** The user's own name of the row. */
    rowId: text("row_id"),
    /** ICRS. */
    raDegrees: real("ra_deg").notNull(),
    decDegrees: real("dec_deg").notNull(),
    /** Parameters that this row sets itself. */
    overrides: text("overrides", { mode: "json" }).$type<StoredParameters>().notNull(),
    /** Every column as it came, carried through to the manifest. */
    columns: text("columns", { mode: "json" }).$type<Readonly<Record<string, string>>>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.number] })],
);

/** One combination of a job: its recipe, and what became of it. */
export const jobResult = sqliteTable(
  "job_result",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    jobId: text("job_id")
      .notNull()
      .references(() => job.id, { onDelete: "cascade" }),
    /** From 1, in the order of the combinations. */
    number: integer("number").notNull(),
    /** Row of the coordinate list that it comes from. */
    rowNumber: integer("row_number"),
    /** The parameters of the synchronous request that gives the same file. */
    recipe: text("recipe", { mode: "json" }).$type<StoredParameters>().notNull(),
    state: text("state").$type<StoredResultState>().notNull(),
    /** Who works on it; null unless RUNNING. Taken away when that worker's heartbeat stops. */
    workerId: text("worker_id"),
    attempts: integer("attempts").notNull().default(0),
    /** How many of the attempts ended with the death of their worker. */
    crashes: integer("crashes").notNull().default(0),
    /** How often it was taken from a worker that may not know yet: one that does not know it by this number is too late. */
    takeovers: integer("takeovers").notNull().default(0),
    /** Not to be tried again before. */
    retryAt: integer("retry_at"),
    startedAt: integer("started_at"),
    endedAt: integer("ended_at"),
    /** In the job's folder, unique there; set when DONE. */
    fileName: text("file_name"),
    mediaType: text("media_type"),
    byteLength: integer("byte_length"),
    /** Hexadecimal. */
    sha256: text("sha256"),
    /** Of `usage.reserved_bytes`, while it is RUNNING. */
    reservedBytes: integer("reserved_bytes").notNull().default(0),
    errorCode: text("error_code"),
    errorMessage: text("error_message"),
    /** Publisher DIDs of the images in it, and of those whose files were not there. */
    datasets: text("datasets", { mode: "json" }).$type<readonly string[]>(),
    missing: text("missing", { mode: "json" }).$type<readonly string[]>(),
    /** What it cost, for estimates to come. */
    bytesToRead: integer("bytes_to_read"),
    pixelsToDecode: integer("pixels_to_decode"),
  },
  (table) => [
    uniqueIndex("job_result_number").on(table.jobId, table.number),
    index("job_result_state").on(table.jobId, table.state, table.number),
    index("job_result_worker").on(table.workerId),
    // What estimates learn from, the latest first.
    index("job_result_worked")
      .on(table.id)
      .where(sql`state = 'DONE'`),
  ],
);

/** A process that works on jobs. Its leases end when its heartbeat stops. */
export const worker = sqliteTable("worker", {
  id: text("id").primaryKey(),
  startedAt: integer("started_at").notNull(),
  heartbeatAt: integer("heartbeat_at").notNull(),
});

/** What a user has, kept in the same transaction as what it counts. */
export const usage = sqliteTable("usage", {
  owner: text("owner").primaryKey(),
  /** Bytes of results on disk: the sum over `job_result`. */
  storedBytes: integer("stored_bytes").notNull().default(0),
  /** Bytes that results under way are going to have: the sum over `job_result`. */
  reservedBytes: integer("reserved_bytes").notNull().default(0),
  /** When a worker last took up something of theirs: whose turn is longest ago is next. */
  lastTurnAt: integer("last_turn_at").notNull().default(0),
});

/** Every synchronous request, as its user's history and as what estimates learn from. */
export const syncRequest = sqliteTable(
  "sync_request",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    owner: text("owner").notNull(),
    /** User id of the service that asked in the owner's name. */
    actor: text("actor"),
    startedAt: integer("started_at").notNull(),
    runId: text("run_id"),
    parameters: text("parameters", { mode: "json" }).$type<StoredParameters>().notNull(),
    /** HTTP status; 499: the client went away. */
    status: integer("status").notNull(),
    durationMilliseconds: integer("duration_ms").notNull(),
    /** Of it, in which the answer was made; null where that was not measured. */
    workMilliseconds: real("work_ms"),
    byteLength: integer("byte_length").notNull(),
    bytesToRead: integer("bytes_to_read"),
    pixelsToDecode: integer("pixels_to_decode"),
    /** The label and text of an error. */
    error: text("error"),
  },
  (table) => [
    index("sync_request_owner").on(table.owner, table.startedAt),
    index("sync_request_started").on(table.startedAt),
    // What estimates learn from, the latest first.
    index("sync_request_worked")
      .on(table.id)
      .where(sql`work_ms is not null and pixels_to_decode is not null`),
  ],
);

/** Names and values of request parameters. */
export type StoredParameters = readonly (readonly [name: string, value: string])[];

/** UWS 1.1, section 2.1.3. */
export type StoredPhase =
  | "PENDING"
  | "QUEUED"
  | "EXECUTING"
  | "COMPLETED"
  | "ERROR"
  | "ABORTED"
  | "HELD"
  | "SUSPENDED"
  | "ARCHIVED"
  | "UNKNOWN";

/** EMPTY: no image overlaps. FAILED: it was tried, and cannot be done as it stands. */
export type StoredResultState = "WAITING" | "RUNNING" | "DONE" | "EMPTY" | "FAILED";

export type JobRow = typeof job.$inferSelect;
export type JobResultRow = typeof jobResult.$inferSelect;
