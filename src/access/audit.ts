import type { RecordsDatabase } from "../db/records-database.ts";

/** What is written down, and what its subject is. */
export const AUDITED = {
  "sign-in": "user",
  "sign-in-refused": "user",
  "sign-out": "user",
  "user-added": "user",
  "user-changed": "user",
  "user-removed": "user",
  "password-changed": "user",
  "token-created": "token",
  "token-revoked": "token",
  "acted-for": "user",
  "job-aborted": "job",
  "job-deleted": "job",
} as const;

export type AuditAction = keyof typeof AUDITED;

export type AuditEntry = {
  /** User id; null: the command line, or nobody known. */
  readonly actor: string | null;
  readonly actorName: string;
  readonly action: AuditAction;
  readonly subject: string | null;
  /** No secrets. */
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly address: string | null;
};

export type AuditRecord = Required<AuditEntry> & { readonly id: number; readonly at: number };

export type AuditLog = {
  /** Written at once, in the order of what happened; it never keeps what it is about from happening. */
  record(entry: AuditEntry): void;
  /** Newest first; `before`: an id. */
  list(query: {
    readonly actor?: string | undefined;
    readonly action?: AuditAction | undefined;
    readonly before?: number | undefined;
    readonly last: number;
  }): Promise<readonly AuditRecord[]>;
  /** Forgets what happened before an instant. How many. */
  prune(before: number): Promise<number>;
};

export type AuditOptions = {
  readonly records: RecordsDatabase;
  /** The present: milliseconds since 1970, UTC. */
  readonly now: () => number;
  /** Told of what could not be written down. */
  readonly onFailure: (error: unknown, entry: AuditEntry) => void;
};

type AuditRow = Omit<AuditRecord, "detail"> & { readonly detail: string };

export function createAuditLog({ records, now, onFailure }: AuditOptions): AuditLog {
  const { sqlite } = records;
  const insert = sqlite.prepare(
    `insert into audit (at, actor, actor_name, action, subject, detail, address)
     values (@at, @actor, @actorName, @action, @subject, @detail, @address)`,
  );
  const list = sqlite.prepare<[Record<string, unknown>], AuditRow>(
    `select id, at, actor, actor_name as actorName, action, subject, detail, address from audit
     where (@actor is null or actor = @actor) and (@action is null or action = @action)
       and (@before is null or id < @before)
     order by id desc limit @last`,
  );
  const prune = sqlite.prepare("delete from audit where at < ?");
  return {
    record(entry) {
      const { actor, actorName, action, subject, detail = {}, address } = entry;
      try {
        insert.run({ at: now(), actor, actorName, action, subject, detail: JSON.stringify(detail), address });
      } catch (error) {
        onFailure(error, entry);
      }
    },
    async list({ actor = null, action = null, before = null, last }) {
      const rows = list.all({ actor, action, before, last });
      return Promise.resolve(rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) as AuditRecord["detail"] })));
    },
    prune: async (before) => Promise.resolve(prune.run(before).changes),
  };
}
