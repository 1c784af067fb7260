import { execFile, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { requireProgram } from "../support/outside-program.ts";
import { createSampleServices, type SampleServices } from "../support/sample-services.ts";
import { cleanEnvironment, RECORTE } from "../support/spawned-program.ts";

// What Prometheus' own tool says of the metrics, and what becomes of a server whose log nobody reads.

const CUTOUT = "/sync?ID=sim_sample&POS=CIRCLE+59.0+-52.8+0.003&FILTER=g";

let sample: SampleServices;
beforeAll(async () => {
  requireProgram("promtool", "prometheus");
  sample = await createSampleServices();
});
afterAll(() => sample.dispose());

/** `recorte serve` on a free port; nobody reads what it says on stderr. */
async function serve(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const env = cleanEnvironment({ RECORTE_DATA: sample.dataFolder, PORT: "0", RECORTE_SHUTDOWN_TIMEOUT: "1" });
  const child = spawn(process.execPath, [RECORTE, "serve"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (piece: Buffer) => (said += piece.toString()));
  await vi.waitUntil(() => /localhost:\d+/.test(said), { timeout: 20_000 });
  return { child, port: Number(/localhost:(\d+)/.exec(said)?.[1]) };
}

const stopped = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.kill("SIGTERM");
  });

function get(port: number, path: string, host = "localhost"): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, headers: { host } }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => resolve({ status: response.statusCode, text: Buffer.concat(pieces).toString() }));
    });
    asked.on("error", reject).end();
  });
}

describe("metrics of a server", () => {
  let server: Awaited<ReturnType<typeof serve>>;
  beforeAll(async () => {
    server = await serve();
    for (const path of [CUTOUT, "/sync?ID=none", "/async/none", "/query?MAXREC=1", "/nothing"]) {
      await get(server.port, path);
    }
  });
  afterAll(() => stopped(server.child));

  test.each(["cutout.localhost", "auth.localhost"])("of %s are as Prometheus wants them", async (host) => {
    const { status, text } = await get(server.port, "/metrics", host);
    expect(status).toBe(200);
    const { status: code, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    expect([code, stderr]).toEqual([0, ""]);
  });

  test("are refused by promtool where they are not: the check can fail", async () => {
    const { text } = await get(server.port, "/metrics");
    const broken = text.replace(/^http_requests_total\{.*$/m, "http_requests_total{handler=} 1");
    expect(spawnSync("promtool", ["check", "metrics"], { input: broken }).status).not.toBe(0);
  });
});

describe("a server whose log", () => {
  const kilobytesOf = (child: ChildProcess) =>
    new Promise<number>((resolve, reject) => {
      execFile("ps", ["-o", "rss=", "-p", String(child.pid)], (error, stdout) => {
        if (error === null) resolve(Number(stdout));
        else reject(new Error("Cannot ask for the memory", { cause: error }));
      });
    });

  async function askOften(port: number, times: number): Promise<void> {
    for (let i = 0; i < times; i += 20) await Promise.all(Array.from({ length: 20 }, () => get(port, `/nowhere/${i}`)));
  }

  test("nobody reads goes on answering, takes no more memory, and stops when it is told to", async () => {
    const { child, port } = await serve();
    await askOften(port, 6000); // some 2 MB of lines: pipe and what is kept are full
    const before = await kilobytesOf(child);
    await askOften(port, 6000);
    expect((await kilobytesOf(child)) - before).toBeLessThan(40_000);
    expect((await get(port, CUTOUT)).status).toBe(200);
    expect(await stopped(child)).toBe(0);
  }, 60_000);

  test("has lost its reader goes on answering", async () => {
    const { child, port } = await serve();
    child.stderr?.destroy(); // EPIPE
    await askOften(port, 400);
    expect((await get(port, CUTOUT)).status).toBe(200);
    expect(await stopped(child)).toBe(0);
  }, 60_000);

  test("is read has every line of it when it has stopped", async () => {
    const { child, port } = await serve();
    let log = "";
    child.stderr?.on("data", (piece: Buffer) => (log += piece.toString()));
    const closed = new Promise((resolve) => child.once("close", resolve));
    await askOften(port, 200);
    await stopped(child);
    await closed;
    const lines = log.trimEnd().split("\n");
    expect(lines.filter((line) => line.includes('"path":"/nowhere/'))).toHaveLength(200);
    expect(() => lines.forEach((line) => JSON.parse(line) as unknown)).not.toThrow();
  }, 60_000);
});
