import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BEARER, SMALL, startHostileServer, type HostileServer } from "../support/hostile-server.ts";

// Names of results and files as attackers write them, byte by byte over a connection: no client is between that mends them.

let hostile: HostileServer;
/** Of nobody, who knows its address; and of a user, whose name of the file nobody knows, but we. */
let mine: string;
let theirs: string;
let file: string;
beforeAll(async () => {
  hostile = await startHostileServer();
  mine = await hostile.createJob(`${SMALL}&FILTER=r&PHASE=RUN`, "anonymous");
  theirs = await hostile.createJob(`${SMALL}&FILTER=g&PHASE=RUN`, "test");
  for (const job of [mine, theirs]) await vi.waitUntil(() => hostile.phaseOf(job) === "COMPLETED", { timeout: 10_000 });
  const answer = await hostile.send({ target: `/async/${theirs}/results/result-1`, headers: [BEARER] });
  expect(answer.status).toBe(200);
  file = /filename="(.+)"/.exec(answer.headers["content-disposition"] ?? "")?.[1] ?? "";
  expect(file).toMatch(/\.fits$/);
}, 30_000);
afterAll(() => hostile.close(), 20_000);

/** Ways to say one step up, and to part steps. */
const UPS = ["..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..%00", "%c0%ae%c0%ae", "..;", "%u002e%u002e", "...."];
const SLASHES = ["/", "%2f", "%2F", "%5c", "\\", "%252f", "%c0%af", "//", "%2f%2f"];

const steps = (from: (up: string, slash: string) => string): string[] =>
  UPS.flatMap((up) => SLASHES.map((slash) => from(up, slash)));

/** Nothing of a file, and no fault of ours: whoever asks is told that there is nothing, or that it is wrong. */
async function expectNothing(target: string, methods: readonly string[] = ["GET"]): Promise<void> {
  for (const method of methods) {
    const answer = await hostile.send({ method, target });
    // A path that climbs out of /async altogether may arrive at a resource that is open.
    const isOpenPage = answer.status === 200 && /^text\/(plain|html)/.test(answer.headers["content-type"] ?? "");
    if (!isOpenPage)
      expect([target, answer.status]).toEqual([
        target,
        expect.toSatisfy((status) => [303, 308, 400, 401, 404, 414, 431].includes(status as number)),
      ]);
    expect(answer.text, target).not.toMatch(/SIMPLE|root:|"dependencies"|SQLite format/);
    expect(answer.headers["etag"], target).toBeUndefined();
  }
}

describe("the name of a result", () => {
  it("leads to no other user's job", async () => {
    for (const target of steps((up, slash) => `/async/${mine}/results/${up}${slash}${theirs}${slash}${file}`)) {
      await expectNothing(target);
    }
    for (const target of steps(
      (up, slash) => `/async/${mine}${slash}${up}${slash}${theirs}${slash}results${slash}result-1`,
    )) {
      await expectNothing(target);
    }
  });

  it("leads to no file of the machine", async () => {
    const climb = (up: string, slash: string) => `${up}${slash}`.repeat(8);
    for (const target of steps((up, slash) => `/async/${mine}/results/${climb(up, slash)}etc${slash}passwd`)) {
      await expectNothing(target);
    }
    for (const target of steps((up, slash) => `/async/${climb(up, slash)}etc${slash}passwd/results/result-1`)) {
      await expectNothing(target);
    }
    for (const target of steps((up, slash) => `/async/${mine}/results/${up}${slash}${up}${slash}records.sqlite`)) {
      await expectNothing(target);
    }
  });

  it.each([
    "%2fetc%2fpasswd",
    "//etc/passwd",
    "file:///etc/passwd",
    "file%3A%2F%2F%2Fetc%2Fpasswd",
    "C:%5cWindows%5cwin.ini",
    "%5c%5chost%5cshare",
    "%00",
    "result-1%00",
    "result-1%00.fits",
    "%00result-1",
    "result-1%0d%0aX-Injected:%20yes",
    "result-1/",
    "result-1%20",
    "result-1.",
    "result-01",
    "result--1",
    "result-1e0",
    "result-+1",
    "result-99999999999999999999",
    "result-%EF%BC%91",
    ".",
    "%2e",
    "~",
    "*",
    "%",
    "%zz",
    "%ff%fe",
    "__proto__",
    "constructor",
    "CON",
    "' or '1'='1",
    "%27%20or%20%271%27%3D%271",
    "%25",
    "all.zip%00.tar",
    "all.zip/../../..",
    "manifest.json",
  ])("is none where it is %s", async (name) => {
    await expectNothing(`/async/${mine}/results/${name}`, ["GET", "HEAD"]);
    const answer = await hostile.send({ target: `/async/${mine}/results/${name}` });
    expect(answer.headers["x-injected"]).toBeUndefined();
  });

  it("is none where it is very long", async () => {
    for (const name of [
      "a".repeat(255),
      "a".repeat(4096),
      "../".repeat(1000),
      "%2e%2e%2f".repeat(800),
      "a".repeat(15_000),
    ]) {
      await expectNothing(`/async/${mine}/results/${name}`);
    }
  });

  it("is none of a file that is still being written, or of none that a job has", async () => {
    for (const name of [`.${file}.0123456789abcdef.part`, `%2e${file}`, file, file.toUpperCase()]) {
      await expectNothing(`/async/${mine}/results/${name}`);
    }
  });

  it("is the file's own, and no path", async () => {
    const own = await hostile.send({ target: `/async/${theirs}/results/${file}`, headers: [BEARER] });
    expect(own.status).toBe(200);
    for (const target of steps((up, slash) => `/async/${theirs}/results/x${slash}${up}${slash}${file}`)) {
      const answer = await hostile.send({ target, headers: [BEARER] });
      // What the address itself resolves to, before anybody looks for a file, is the file.
      if (answer.status === 200)
        expect([target, new URL(target, "http://x").pathname]).toEqual([target, `/async/${theirs}/results/${file}`]);
      else expect([400, 404], target).toContain(answer.status);
    }
  });
});

describe("other names that come with an address", () => {
  it("lead out of the files of the page no more", async () => {
    const secret = readFileSync("package.json", "utf8").slice(0, 40);
    for (const target of steps((up, slash) => `/docs/${`${up}${slash}`.repeat(2)}package.json`)) {
      const answer = await hostile.send({ target });
      expect([target, answer.status]).toEqual([target, expect.toSatisfy((status) => status !== 500)]);
      expect(answer.text).not.toContain(secret);
    }
  });

  it("of jobs and parameters lead nowhere", async () => {
    for (const id of ["%00", "..", "%2e%2e", "..%2f..", "a".repeat(10_000), "%27%20or%201%3D1--", "__proto__", "%ff"]) {
      for (const part of ["", "/phase", "/results/result-1", "/manifest.json", "/parameters/ID"]) {
        await expectNothing(`/async/${id}${part}`);
      }
    }
    for (const name of ["..%2f..%2fphase", "%00", "__proto__", "constructor", "a".repeat(5000)]) {
      await expectNothing(`/async/${mine}/parameters/${name}`);
    }
  });
});
