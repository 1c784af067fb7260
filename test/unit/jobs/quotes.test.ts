import { afterEach, describe, expect, test, vi } from "vitest";
import { claimResult, finishClaim, registerWorker } from "../../../src/jobs/claims.ts";
import type { Job } from "../../../src/jobs/job.ts";
import { ANA, circles, jobServices, SECOND, type JobServicesUnderTest } from "../../support/job-services.ts";

let services: JobServicesUnderTest;
let jobs: JobServicesUnderTest["jobs"];
afterEach(() => services.close());

const START = Date.UTC(2026, 0, 1);
const failures: unknown[] = [];

/** Quotes so many seconds from now for each result that is left. */
function begin(changes: Parameters<typeof jobServices>[0] = {}): void {
  failures.length = 0;
  services = jobServices({
    quote: (_, recipes) => Promise.resolve(services.clock.value + recipes.length * 10 * SECOND),
    reportFailure: (failure) => failures.push(failure),
    ...changes,
  });
  ({ jobs } = services);
  registerWorker(services.records, "worker", START);
}

const makeJob = (results: number) => jobs.create({ owner: ANA, parameters: circles(results), list: null, run: true });
/** Seconds after the start; null: none. */
async function quoteOf({ id }: Pick<Job, "id">): Promise<number | null> {
  const { quoteAt } = await jobs.get(id, ANA);
  return quoteAt === null ? null : (quoteAt - START) / SECOND;
}
const expectQuote = (job: Pick<Job, "id">, seconds: number) =>
  vi.waitFor(async () => expect(await quoteOf(job)).toBe(seconds));

function work(state: "FAILED" | "RUNNING"): void {
  const claim = claimResult(services.records, { workerId: "worker", now: services.clock.value });
  if (claim === null) throw new Error("Nothing waits");
  const failure = { code: "corrupt-data", message: "Error: Damaged" } as const;
  if (state === "FAILED") finishClaim(services.records, claim, { state, failure }, services.clock.value);
}

describe("the quote", () => {
  test("comes soon after the job is queued, and is never in the past", async () => {
    begin();
    const job = await makeJob(4);
    expect(job.quoteAt).toBeNull();
    await expectQuote(job, 40);
    services.clock.value += 100 * SECOND;
    expect(await quoteOf(job)).toBe(100);
    work("RUNNING");
    expect(await quoteOf(job)).toBe(100);
  });

  test("of a job that runs follows its progress", async () => {
    begin();
    const job = await makeJob(4);
    await expectQuote(job, 40);
    services.clock.value += 100 * SECOND;
    work("RUNNING");
    services.clock.value += 5 * SECOND;
    expect(await quoteOf(job)).toBe(105);
    work("FAILED"); // one in 5 seconds, three are left
    expect(await quoteOf(job)).toBe(120);
    services.clock.value += 1 * SECOND;
    expect(await quoteOf(job)).toBe(106 + 3 * 6);
  });

  test("is made anew for what is left when the job runs again, by what it has done since", async () => {
    begin();
    const job = await makeJob(3);
    await expectQuote(job, 30);
    work("FAILED");
    await jobs.abort(job.id, ANA);
    services.records.sqlite.exec("update job_result set state = 'EMPTY' where state = 'FAILED'");
    services.clock.value += 1000 * SECOND;
    expect((await jobs.rerun(job.id, ANA)).quoteAt).toBeNull();
    await expectQuote(job, 1020);
    work("RUNNING");
    services.clock.value += 7 * SECOND;
    expect(await quoteOf(job), "nothing has ended since").toBe(1020);
    work("FAILED");
    expect(await quoteOf(job)).toBe(1014);
  });

  test("is made anew when a HELD job goes on", async () => {
    begin();
    const job = await makeJob(2);
    await expectQuote(job, 20);
    services.records.sqlite.exec("update job set phase = 'HELD'");
    services.clock.value += 50 * SECOND;
    await jobs.run(job.id, ANA);
    await expectQuote(job, 70);
  });

  test("that belongs to an earlier run is not told", async () => {
    let tell: (at: number) => void = () => undefined;
    begin({ quote: () => new Promise((resolve) => (tell = resolve)) });
    const job = await makeJob(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const tellEarlier = tell;
    await jobs.abort(job.id, ANA);
    services.clock.value += SECOND;
    await jobs.rerun(job.id, ANA);
    tellEarlier(START + 500 * SECOND);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await quoteOf(job)).toBeNull();
    tell(START + 600 * SECOND);
    await expectQuote(job, 600);
  });

  test("that cannot be made is told to the operator, and the job goes on", async () => {
    const error = new Error("No estimate");
    begin({ quote: () => Promise.reject(error) });
    const job = await makeJob(1);
    await vi.waitFor(() => expect(failures).toEqual([{ jobId: job.id, error }]));
    expect(await jobs.get(job.id, ANA)).toMatchObject({ phase: "QUEUED", quoteAt: null });
  });

  test("moves by itself, and who watches the job is not told of that", async () => {
    begin();
    const { id } = await makeJob(4);
    await expectQuote({ id }, 40);
    work("FAILED");
    const told: Job[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const job of jobs.watch(id, ANA, stop.signal)) told.push(job);
    })();
    await vi.waitFor(() => expect(told).toHaveLength(1));
    services.clock.value += 60 * SECOND;
    services.changes.notify(id);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(told).toHaveLength(1);
    work("FAILED");
    services.changes.notify(id);
    await vi.waitFor(() => expect(told).toHaveLength(2), { timeout: 2000 });
    expect(told[1].quoteAt).toBe(START + 120 * SECOND);
    stop.abort();
    services.changes.notify(id);
    await watching;
  });
});
