import type { RecordsDatabase } from "../db/records-database.ts";

/** Bytes of results that are kept, and set apart for results under way, of all users of a role. */
export type StoredByRole = { readonly role: string; readonly stored: number; readonly reserved: number };

/** Owners without an account count as anonymous. */
export function createStorageReader({ sqlite }: RecordsDatabase): () => readonly StoredByRole[] {
  const storage = sqlite.prepare<[], StoredByRole>(
    `select coalesce(u.role, 'anonymous') as role, sum(s.stored_bytes) as stored, sum(s.reserved_bytes) as reserved
     from usage s left join user u on u.id = s.owner group by 1`,
  );
  return () => storage.all();
}
