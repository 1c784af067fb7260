import type { RecordsDatabase } from "../../db/records-database.ts";
import type { ApiToken } from "./api-token.ts";

const MINUTE_MILLISECONDS = 60_000;
/** Uses are written down together, so long after the first of them: no request waits for another process's writing. */
const DELAY_MILLISECONDS = 1000;

export type LastUse = {
  note(token: ApiToken, at: number): void;
  flush(): void;
};

/** When tokens were last used, to the minute. */
export function createLastUse({ sqlite, orm }: RecordsDatabase): LastUse {
  const write = sqlite.prepare(
    "update api_token set last_used_at = @at where id = @id and coalesce(last_used_at, 0) < @at",
  );
  const noted = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | null = null;

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const uses = [...noted];
    noted.clear();
    if (uses.length === 0 || !sqlite.open) return;
    try {
      orm.transaction(() => uses.forEach(([id, at]) => write.run({ id, at })), { behavior: "immediate" });
    } catch {
      // Somebody else writes for long: the next use is noted again.
    }
  }

  return {
    note({ id, lastUsedAt }, at) {
      if (lastUsedAt !== null && at - lastUsedAt < MINUTE_MILLISECONDS) return;
      if (noted.has(id)) return;
      noted.set(id, at);
      timer ??= setTimeout(flush, DELAY_MILLISECONDS);
    },
    flush,
  };
}
