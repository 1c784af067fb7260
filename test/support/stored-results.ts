import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { User } from "../../src/access/user.ts";
import type { CoordinateList } from "../../src/jobs/coordinate-list.ts";
import type { ParameterList } from "../../src/jobs/job.ts";
import { createLocalResults } from "../../src/storage/local-results.ts";
import { ANA, circles, jobServices } from "./job-services.ts";

const never = new AbortController().signal;

/** A job service whose results lie in a folder of this machine, and what workers would do to them. */
export async function storedResults() {
  const folder = await mkdtemp(join(tmpdir(), "recorte-stored-"));
  const results = createLocalResults(folder);
  const services = jobServices({ results: results });
  const { records, jobs, clock } = services;

  async function queue(options: { results?: number; list?: CoordinateList; owner?: User; more?: ParameterList } = {}) {
    const parameters = [...(options.more ?? []), ...circles(options.results ?? 1)];
    const job = await jobs.create({ owner: options.owner ?? ANA, parameters, list: options.list ?? null, run: true });
    return job.id;
  }

  /** → DONE, with a file of these bytes. */
  async function finish(jobId: string, number: number, name: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const { byteLength, sha256 } = await results.write(jobId, name, bytes, never);
    records.sqlite.transaction(() => {
      records.sqlite
        .prepare(
          `update job_result set state = 'DONE', file_name = ?, media_type = 'application/fits', byte_length = ?,
             sha256 = ?, ended_at = ?, datasets = '["ivo://x/des?A/g"]' where job_id = ? and number = ?`,
        )
        .run(name, byteLength, sha256, clock.value, jobId, number);
      records.sqlite
        .prepare(
          `insert into usage (owner, stored_bytes) select owner, ? from job where id = ?
           on conflict do update set stored_bytes = stored_bytes + excluded.stored_bytes`,
        )
        .run(byteLength, jobId);
    })();
  }

  function settle(jobId: string, number: number, state: "EMPTY" | "FAILED", message: string): void {
    records.sqlite
      .prepare("update job_result set state = ?, error_message = ?, ended_at = ? where job_id = ? and number = ?")
      .run(state, message, clock.value, jobId, number);
  }

  function setPhase(jobId: string, phase: string): void {
    records.sqlite.prepare("update job set phase = ?, ended_at = ? where id = ?").run(phase, clock.value, jobId);
  }

  async function close(): Promise<void> {
    services.close();
    await rm(folder, { recursive: true });
  }
  return { ...services, results, folder, queue, finish, settle, setPhase, close };
}

export type StoredResults = Awaited<ReturnType<typeof storedResults>>;
