import { mkdirSync, readdirSync, readlinkSync } from "node:fs";
import { expect, vi } from "vitest";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { recordsDatabaseFile, resultsFolder } from "../../src/bin/data-files.ts";
import { standardError } from "../../src/bin/log-sink.ts";
import type { RunningServer } from "../../src/bin/server.ts";
import { openRecordsDatabase } from "../../src/db/records-database.ts";
import { formatRequest, sendRaw, type RawAnswer, type RawRequest } from "./raw-http.ts";
import { createSampleServices } from "./sample-services.ts";
import { startTestServer } from "./test-server.ts";

/** Of the one user whom the server knows. Whatever is logged or answered must not have it. */
export const TOKEN = "hostile-secret-7f3a9c51";
export const BEARER: readonly [string, string] = ["Authorization", `Bearer ${TOKEN}`];
export const FORM: readonly [string, string] = ["Content-Type", "application/x-www-form-urlencoded"];
export const SMALL = "ID=sim_sample&POS=CIRCLE+59.0+-52.8+0.003&FILTER=g";

export type HostileServer = Awaited<ReturnType<typeof startHostileServer>>;

/** The whole service over the sample survey, on a free port, with what tells whether clients leave something behind. */
export async function startHostileServer(
  env: Record<string, string> = {},
  folders?: Readonly<Record<string, string>>,
): Promise<{
  readonly port: number;
  readonly server: RunningServer;
  /** Sends a request with a Host header, and with the length of its body where it says none. */
  send(request: Partial<RawRequest>, options?: Parameters<typeof sendRaw>[2]): Promise<RawAnswer>;
  post(target: string, form: string, headers?: RawRequest["headers"]): Promise<RawAnswer>;
  /** A job of this user; of "other", who cannot sign in here. Its id. */
  createJob(form: string, owner: "test" | "anonymous" | "other"): Promise<string>;
  phaseOf(id: string): string | undefined;
  /** Of the results of jobs. */
  readonly folder: string;
  /** All that was logged so far. */
  log(): string;
  /** Removes all jobs, and looks whether what clients took has come back. */
  expectNothingLeft(): Promise<void>;
  close(): Promise<void>;
}> {
  const sample = await (folders === undefined ? createSampleServices() : createSampleServices({}, { ...folders }));
  const settings = {
    RECORTE_DATA: sample.dataFolder,
    RECORTE_TEST_TOKEN: TOKEN,
    RECORTE_SHUTDOWN_TIMEOUT: "2",
    RECORTE_LIST_MAX: "1MiB",
    RECORTE_JOB_MAX_ACTIVE: "100000",
    RECORTE_JOB_MAX_ACTIVE_ANONYMOUS: "100000",
    RECORTE_JOB_MAX_KEPT: "100000",
    RECORTE_JOB_MAX_KEPT_ANONYMOUS: "100000",
    RECORTE_JOB_MAX_RESULTS: "500",
    RECORTE_WAIT_MAX: "1",
    RECORTE_LOG: "debug",
    ...env,
  };
  const logged: string[] = [];
  const lines = vi.spyOn(standardError, "write").mockImplementation((line) => void logged.push(line));
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((piece) => {
    logged.push(typeof piece === "string" ? piece : Buffer.from(piece).toString());
    return true;
  });
  const consoles = (["error", "info", "warn"] as const).map((name) =>
    vi
      .spyOn(console, name)
      .mockImplementation((...said: unknown[]) => void logged.push(`${said.map(String).join(" ")}\n`)),
  );
  const { server, port } = await startTestServer(settings);
  const configuration = readConfiguration(settings);
  const records = openRecordsDatabase(recordsDatabaseFile(configuration));
  const folder = resultsFolder(configuration);

  async function send(request: Partial<RawRequest>, options: Parameters<typeof sendRaw>[2] = {}): Promise<RawAnswer> {
    const { method = "GET", target = "/", headers = [], body, ...rest } = request;
    const has = (name: string) => headers.some(([given]) => given.toLowerCase() === name);
    const more: [string, string][] = [["Host", "localhost"]];
    if (body !== undefined && !has("content-length") && !has("transfer-encoding"))
      more.push(["Content-Length", String(body.length)]);
    const isSingle = !has("connection");
    const all = [...(has("host") ? more.slice(1) : more), ...headers, ...(isSingle ? [CLOSE] : [])];
    const bytes = formatRequest({ method, target, headers: all, ...(body && { body }), ...rest });
    return sendRaw(port, bytes, { isHead: method === "HEAD", ...options });
  }

  const post = (target: string, form: string, headers: RawRequest["headers"] = []) =>
    send({ method: "POST", target, headers: [FORM, ...headers], body: Buffer.from(form) });

  async function createJob(form: string, owner: "test" | "anonymous" | "other"): Promise<string> {
    const { status, headers, text } = await post("/async", form, owner === "test" ? [BEARER] : []);
    if (status !== 303) throw new Error(`No job: ${status} ${text}`);
    const id = headers.location.split("/").at(-1) ?? "";
    if (owner === "other") records.sqlite.prepare("update job set owner = 'other' where id = ?").run(id);
    return id;
  }

  const phaseOf = (id: string) =>
    (records.sqlite.prepare("select phase from job where id = ?").get(id) as { phase: string } | undefined)?.phase;

  const countResults = () => (records.sqlite.prepare("select count(*) as n from job_result").get() as { n: number }).n;
  countResults(); // opens what the database needs
  const idle = inUse(server);

  async function expectNothingLeft(): Promise<void> {
    records.sqlite.prepare("update job set owner = 'test' where owner = 'other'").run();
    for (const { id } of records.sqlite.prepare("select id from job").all() as { id: string }[]) {
      const { status } = await send({ method: "DELETE", target: `/async/${id}`, headers: [BEARER] });
      expect([id, status]).toEqual([id, 303]);
    }
    const free = { ...idle, results: 0 };
    let found: typeof free;
    // Without timers of its own that would be counted.
    for (let tries = 0; ; tries++) {
      server.services.pixels.planes.clear();
      server.services.images.clear();
      found = { ...inUse(server), results: countResults() };
      found.timers = Math.max(idle.timers, found.timers); // some of the service's own come and go
      if (tries === 100 || JSON.stringify(found) === JSON.stringify(free)) break;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(found).toEqual(free);
    mkdirSync(folder, { recursive: true });
    expect(readdirSync(folder, { recursive: true })).toEqual([]);
  }

  return {
    ...{ port, server, folder, send, post, createJob, phaseOf, expectNothingLeft },
    log: () => logged.join(""),
    async close() {
      records.close();
      await within(10, "The server has not stopped", server.close());
      await sample.dispose();
      stderr.mockRestore();
      lines.mockRestore();
      for (const spy of consoles) spy.mockRestore();
    },
  };
}

const CLOSE: readonly [string, string] = ["Connection", "close"];

/** What clients take while they are served. */
function inUse({ services: { images, pixels } }: RunningServer) {
  return {
    images: images.inUse,
    arenaBytes: pixels.decoder.arena.allocatedBytes,
    descriptors: listDescriptors(),
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
  };
}

/** Files and sockets that are open. Those of the archive stay so for a while: the store keeps some. */
function listDescriptors(): string {
  const names = readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).replace(/\d+/g, "");
    } catch {
      return ""; // the one that the folder was read by
    }
  });
  return names
    .filter((name) => !OF_THREADS.test(name) && !/\.fits(?:\.fz)?$/.test(name))
    .sort()
    .join("\n");
}

/** What threads talk by; "" is what the folder itself was read by. */
const OF_THREADS = /^(?:(?:anon_inode|pipe):.*)?$/;

/** Rejects where that takes longer. */
export async function within<T>(seconds: number, message: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message} after ${seconds} seconds`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
