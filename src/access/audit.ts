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
};
