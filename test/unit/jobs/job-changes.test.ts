import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { JobService } from "../../../src/jobs/job-service.ts";
import type { Job } from "../../../src/jobs/job.ts";
import { ANA, circles, jobServices, type JobServicesUnderTest } from "../../support/job-services.ts";

let folder: string;
let services: JobServicesUnderTest;
let jobs: JobService;
/** Over the same records, as another process has it. */
let other: JobServicesUnderTest;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "recorte-changes-"));
  const path = join(folder, "records.sqlite");
  ({ jobs } = services = jobServices({ path }));
  other = jobServices({ path });
});
afterEach(() => {
  expect(services.changes.listeners).toBe(0);
  services.close();
  other.close();
  rmSync(folder, { recursive: true });
});

const create = (): Promise<Job> => jobs.create({ owner: ANA, parameters: circles(2), list: null, run: false });
const never = new AbortController().signal;

describe("waiting for a phase change", () => {
  test("UWS-42: ends when this process changes the phase", async () => {
    const { id } = await create();
    const waiting = jobs.waitForPhaseChange(id, ANA, { phase: "PENDING", seconds: 30, signal: never });
    await jobs.run(id, ANA);
    expect((await waiting).phase).toBe("QUEUED");
  });

  test("ends when another process does", async () => {
    const { id } = await create();
    const waiting = jobs.waitForPhaseChange(id, ANA, { phase: "PENDING", seconds: 30, signal: never });
    await other.jobs.run(id, ANA);
    expect((await waiting).phase).toBe("QUEUED");
  });

  test("UWS-40: ends at once where the phase is another", async () => {
    const { id } = await create();
    const job = await jobs.waitForPhaseChange(id, ANA, { phase: "QUEUED", seconds: 30, signal: never });
    expect(job.phase).toBe("PENDING");
  });

  test("UWS-39: ends with the time, and with the client", async () => {
    const { id } = await create();
    const started = performance.now();
    await jobs.waitForPhaseChange(id, ANA, { phase: "PENDING", seconds: 0.05, signal: never });
    expect(performance.now() - started).toBeGreaterThan(45);
    const client = new AbortController();
    const waiting = jobs.waitForPhaseChange(id, ANA, { phase: "PENDING", seconds: 30, signal: client.signal });
    client.abort();
    expect((await waiting).phase).toBe("PENDING");
  });

  test("rejects when the job is deleted", async () => {
    const { id } = await create();
    const waiting = jobs.waitForPhaseChange(id, ANA, { phase: "PENDING", seconds: 30, signal: never });
    const settled = expect(waiting).rejects.toMatchObject({ code: "not-found" });
    await other.jobs.remove(id, ANA);
    await settled;
  });

  test("a change of parameters is none of phase", async () => {
    const { id } = await create();
    const waiting = jobs.waitForPhaseChange(id, ANA, { phase: "PENDING", seconds: 0.1, signal: never });
    await jobs.setParameters(id, ANA, [["ID", "a"]]);
    expect((await waiting).phase).toBe("PENDING");
  });
});

describe("watching", () => {
  test("tells the job at once, and its changes to its end", async () => {
    const { id } = await create();
    const phases: string[] = [];
    for await (const { phase } of jobs.watch(id, ANA, never)) {
      phases.push(phase);
      if (phase === "PENDING") await jobs.run(id, ANA);
      else await other.jobs.abort(id, ANA);
    }
    expect(phases).toEqual(["PENDING", "QUEUED", "ABORTED"]);
  });

  test("tells many changes within half a second as one", async () => {
    const { id } = await create();
    const told: Job[] = [];
    const watching = (async () => {
      for await (const job of jobs.watch(id, ANA, never)) told.push(job);
    })();
    await vi.waitFor(() => expect(told).toHaveLength(1));
    for (let i = 0; i < 20; i++) await jobs.setParameters(id, ANA, [["ID", `${i}`]]);
    await vi.waitFor(() => expect(told).toHaveLength(2), { timeout: 3000 });
    await jobs.abort(id, ANA);
    await watching;
    expect(told.map(({ phase }) => phase)).toEqual(["PENDING", "PENDING", "ABORTED"]);
  });

  test("ends with the job, and with the client, who need not wait for the next change", async () => {
    const { id } = await create();
    const client = new AbortController();
    const ends: string[] = [];
    const watch = async (signal: AbortSignal, name: string) => {
      for await (const _ of jobs.watch(id, ANA, signal)) continue;
      ends.push(name);
    };
    const watching = [watch(client.signal, "client"), watch(never, "job")];
    client.abort();
    await watching[0];
    expect(ends).toEqual(["client"]);
    await jobs.remove(id, ANA);
    await watching[1];
  });

  test("ends when whoever reads it stops", async () => {
    const { id } = await create();
    for await (const _ of jobs.watch(id, ANA, never)) break;
    expect(services.changes.listeners).toBe(0);
  });

  test("somebody else's job is not there to be watched", async () => {
    const { id } = await create();
    expect(() => jobs.watch(id, { ...ANA, id: "eve" }, never)).toThrow(/Cannot find job/);
  });
});
