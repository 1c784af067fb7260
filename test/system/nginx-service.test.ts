import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { openSharedServices } from "../../src/bin/shared-services.ts";
import { startNginxFront, type NginxFront } from "../support/nginx-front.ts";
import { ask, open, type FrontRequest } from "../support/nginx-client.ts";
import { LARGE_SIZE } from "../support/large-image.ts";
import { LARGE, SMALL, startFrontedService, type FrontedService } from "../support/nginx-service.ts";

const MB = 1e6;

let front: FrontedService;
beforeAll(async () => (front = await startFrontedService()));
afterAll(() => front?.stop());

/** Makes a job and waits for its end; its path. */
async function runJob(parameters: Record<string, string>): Promise<string> {
  const body = new URLSearchParams({ ID: "des_sample", FILTER: "g", PHASE: "RUN", ...parameters }).toString();
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const made = await ask(front, { path: "/async", method: "POST", headers, body });
  const path = new URL(made.headers.location ?? "").pathname;
  await vi.waitFor(async () => expect((await ask(front, { path: `${path}/phase` })).text).toBe("COMPLETED"), {
    timeout: 60_000,
    interval: 100,
  });
  return path;
}

describe("a large cutout", () => {
  /** Until nothing more comes to nginx: all buffers on the way are full. */
  async function stalled(response: IncomingMessage): Promise<void> {
    let bytes = -1;
    await vi.waitFor(
      () => {
        const before = bytes;
        bytes = response.socket.bytesRead;
        expect(bytes).toBe(before);
      },
      { timeout: 20_000, interval: 300 },
    );
  }

  it("begins before its end is made, and waits for a slow reader, who costs neither nginx nor the service memory", async () => {
    await ask(front, { path: SMALL }); // all that is made once is there
    const [nginxBefore, serviceBefore] = [front.workerBytes(), process.memoryUsage().arrayBuffers];
    const response = await open(front, { path: LARGE });
    const total = Number(response.headers["content-length"]);
    expect(total).toBeGreaterThan(LARGE_SIZE * LARGE_SIZE * 4);
    await new Promise((resolve) => response.once("readable", resolve));
    await stalled(response);
    expect(front.server().services.images.inUse, "the service is still at it").toBe(1);
    expect(response.socket.bytesRead).toBeLessThan(total / 4);
    expect(front.workerBytes() - nginxBefore).toBeLessThan(4 * MB);
    expect(process.memoryUsage().arrayBuffers - serviceBefore).toBeLessThan(32 * MB);
    expect(temporaryFiles()).toEqual([]);

    const hash = createHash("sha256");
    let bytes = 0;
    for await (const piece of response) {
      hash.update(piece as Buffer);
      bytes += (piece as Buffer).length;
    }
    expect(bytes).toBe(total);
    const direct = await fetch(`http://127.0.0.1:${front.servicePort}${LARGE}`);
    expect(hash.digest("hex")).toBe(
      createHash("sha256")
        .update(Buffer.from(await direct.arrayBuffer()))
        .digest("hex"),
    );
  });

  it("ends in the service when its client goes", async () => {
    const response = await open(front, { path: LARGE });
    await new Promise((resolve) => response.once("readable", resolve));
    expect(front.server().services.images.inUse).toBe(1);
    response.destroy();
    await vi.waitFor(() => expect(front.server().services.images.inUse).toBe(0), { timeout: 10_000 });
  });

  it("that breaks off does not look whole", async () => {
    const response = await open(front, { path: LARGE });
    await new Promise((resolve) => response.once("readable", resolve));
    const restarted = front.restart();
    const reading = (async () => {
      for await (const _ of response) await new Promise((resolve) => setTimeout(resolve, 1));
    })();
    await expect(reading).rejects.toThrow(/aborted|reset/);
    await restarted;
  });
});

function temporaryFiles(): string[] {
  const folders = ["proxy", "client_body"].map((name) => join(front.cacheFolder, "..", name));
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [entry.name] : [],
    ),
  );
}

describe("a list of positions", () => {
  it("of 20 MB goes on to the service", async () => {
    const row = (i: number) => `row${i},59.09,-52.811,${"x".repeat(20_000)}\n`;
    const list = `name,ra,dec,note\n${Array.from({ length: 1000 }, (_, i) => row(i)).join("")}`;
    expect(list.length).toBeGreaterThan(20 * MB);
    const path = "/async?ID=des_sample&SIZE=0.1&FILTER=g&ID_COLUMN=name";
    const request = { path, method: "POST", headers: { "Content-Type": "text/csv" } };
    const made = await ask(front, { ...request, body: list });
    expect([made.status, made.text]).toEqual([303, ""]);
    const job = await ask(front, { path: new URL(made.headers.location ?? "").pathname });
    expect(job.text).toContain("<uws:phase>PENDING</uws:phase>");
    await ask(front, { path: new URL(made.headers.location ?? "").pathname, method: "DELETE" });
  });

  it("that is too long is refused by the service, which says how long it may be", async () => {
    const headers = { "Content-Type": "text/csv", "Content-Length": String(36 * 1024 * 1024) };
    const answer = await ask(front, {
      path: "/async?ID=des_sample",
      method: "POST",
      headers,
      body: "name,ra,dec\n",
    }).catch(() => null);
    expect([answer?.status, answer?.text]).toEqual([
      413,
      expect.stringMatching(/more than 33.6 MB \(33554432 bytes\)/),
    ]);
  });
});

describe("events of a job", () => {
  it("come as they are made, while the answer goes on", async () => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const body = "ID=des_sample&FILTER=g&CIRCLE=59.09+-52.811+0.003";
    const made = await ask(front, { path: "/async", method: "POST", headers, body });
    const path = new URL(made.headers.location ?? "").pathname;
    const events = await open(front, { path: `${path}/events`, headers: { "Accept-Encoding": "gzip" } });
    expect(events.headers["content-type"]).toMatch(/^text\/event-stream/);
    expect(events.headers).not.toHaveProperty("content-encoding");
    let text = "";
    events.on("data", (piece) => (text += String(piece)));
    await vi.waitFor(() => expect(text).toContain('"phase":"PENDING"'), { timeout: 5000 });
    await ask(front, { path: `${path}/phase`, method: "POST", headers, body: "PHASE=RUN" });
    await vi.waitFor(() => expect(text).toMatch(/event: end\n/), { timeout: 30_000 });
  });
});

describe.each([
  ["sent by the service", {}],
  ["sent by nginx", { RECORTE_ACCEL_REDIRECT: "/-results/" }],
])("a result %s", (_, settings: Record<string, string>) => {
  let path: string;
  let whole: Buffer;
  let etag: string;
  beforeAll(async () => {
    await front.restart(settings);
    const job = await runJob({ CIRCLE: "59.09 -52.811 0.01" });
    path = `${job}/results/result-1`;
    const direct = await fetch(`http://127.0.0.1:${front.servicePort}${path}`);
    etag = direct.headers.get("etag") ?? "";
    whole = Buffer.from(await direct.arrayBuffer());
  });
  const get = (headers: FrontRequest["headers"] = {}, method = "GET") => ask(front, { path, headers, method });

  it("is whole, and named as the service names it", async () => {
    const told = await fetch(`http://127.0.0.1:${front.servicePort}${path}`, {
      headers: { "x-forwarded-for": "192.0.2.1" },
    });
    expect(told.headers.get("x-accel-redirect") === null).toBe(settings.RECORTE_ACCEL_REDIRECT === undefined);
    const answer = await get({ "Accept-Encoding": "gzip" });
    expect([answer.status, answer.body.equals(whole)]).toEqual([200, true]);
    const digest = createHash("sha256").update(whole).digest();
    expect(etag).toBe(`"${digest.toString("hex")}"`);
    expect(answer.headers).toMatchObject({
      etag,
      "content-type": "application/fits",
      "content-length": String(whole.length),
      "content-disposition": expect.stringMatching(/^attachment; filename="\S+\.fits"$/) as string,
      "accept-ranges": "bytes",
      "cache-control": "private, no-cache",
      "repr-digest": `sha-256=:${digest.toString("base64")}:`,
      "x-content-type-options": "nosniff",
      "access-control-allow-origin": "*",
      "ratelimit-limit": expect.stringMatching(/^\d+$/) as string,
    });
    for (const name of ["x-accel-redirect", "content-encoding"]) expect(answer.headers).not.toHaveProperty(name);
  });

  it.each([
    ["bytes=0-2879", 0, 2880],
    ["bytes=2880-", 2880, Infinity],
    ["bytes=-100", -100, Infinity],
  ])("is given in part: %s", async (range, start, end) => {
    const answer = await get({ Range: range });
    expect([answer.status, answer.body.equals(whole.subarray(start, end))]).toEqual([206, true]);
    expect(answer.headers["content-range"]).toMatch(new RegExp(`^bytes \\d+-\\d+/${whole.length}$`));
    expect(answer.headers.etag).toBe(etag);
  });

  it("is given in several parts", async () => {
    const answer = await get({ Range: "bytes=0-9,100-109" });
    expect([answer.status, answer.headers["content-type"]]).toEqual([
      206,
      expect.stringMatching(/^multipart\/byteranges/) as string,
    ]);
    expect(answer.body.includes(whole.subarray(100, 110))).toBe(true);
    expect(answer.text).toContain(`Content-Range: bytes 100-109/${whole.length}`);
  });

  it("has no part beyond its end", async () => {
    const answer = await get({ Range: `bytes=${whole.length}-` });
    expect([answer.status, answer.headers["content-range"]]).toEqual([416, `bytes */${whole.length}`]);
  });

  it("goes on where it broke off, if it is still the same", async () => {
    const same = await get({ Range: "bytes=100-", "If-Range": etag });
    expect([same.status, same.body.equals(whole.subarray(100))]).toEqual([206, true]);
    for (const other of ['"another"', `W/${etag}`, "Thu, 01 Jan 2026 00:00:00 GMT"]) {
      const answer = await get({ Range: "bytes=100-", "If-Range": other });
      expect([answer.status, answer.body.equals(whole)], other).toEqual([200, true]);
    }
  });

  it.each([
    ["If-None-Match", "ETAG", 304],
    ["If-None-Match", '"another"', 200],
    ["If-Match", "ETAG", 200],
    ["If-Match", '"another"', 412],
    ["If-Modified-Since", "Thu, 01 Jan 2099 00:00:00 GMT", 304],
    ["If-Modified-Since", "Thu, 01 Jan 2015 00:00:00 GMT", 200],
    ["If-Unmodified-Since", "Thu, 01 Jan 2015 00:00:00 GMT", 412],
  ] as const)("obeys %s: %s", async (name, value, status) => {
    expect((await get({ [name]: value === "ETAG" ? etag : value })).status).toBe(status);
  });

  it("tells a HEAD the same", async () => {
    const [head, full] = [await get({}, "HEAD"), await get()];
    expect(head.body.length).toBe(0);
    for (const name of [
      "etag",
      "content-length",
      "content-type",
      "content-disposition",
      "accept-ranges",
      "last-modified",
    ]) {
      expect(head.headers[name], name).toBe(full.headers[name]);
    }
  });

  it("is in no archive of nginx's making: all.zip and all.tar are sent as they are made", async () => {
    for (const [name, type] of [
      ["all.zip", "application/zip"],
      ["all.tar", "application/x-tar"],
    ]) {
      const answer = await ask(front, { path: path.replace("result-1", name), headers: { "Accept-Encoding": "gzip" } });
      expect([answer.status, answer.headers["content-type"]]).toEqual([200, type]);
      expect(answer.body.includes(whole.subarray(0, 5000))).toBe(true);
      expect(answer.headers).not.toHaveProperty("content-encoding");
    }
  });

  it.each(["/-results/", "/-results/../records.sqlite", "/-results/%2e%2e/records.sqlite", "/-results"])(
    "%s is nobody's to ask for",
    async (address) => {
      expect((await ask(front, { path: address })).status).toBe(404);
    },
  );
});

describe("who asks", () => {
  beforeEach(() =>
    front.restart({ RECORTE_CUTOUT_ALLOWED_IPS: "127.0.0.9/32", RECORTE_TRUSTED_PROXIES: "127.0.0.1/32" }),
  );
  afterAll(() => front.restart());

  it("is known by the address that nginx sees", async () => {
    expect((await ask(front, { path: SMALL, from: "127.0.0.9" })).status).toBe(200);
    for (const name of ["X-Forwarded-For", "X-Real-IP", "Forwarded"]) {
      const headers = { [name]: name === "Forwarded" ? "for=127.0.0.9" : "127.0.0.9" };
      expect((await ask(front, { path: SMALL, from: "127.0.0.8", headers })).status, name).toBe(403);
    }
  });

  it("is led to the address that was asked for, whatever was said of it", async () => {
    const headers = {
      "X-Forwarded-Host": "evil.example.com",
      "X-Forwarded-Proto": "https",
      "Content-Type": "text/csv",
    };
    const body = "name,ra,dec\na,59.09,-52.811\n";
    const request = { path: "/async?ID=des_sample&SIZE=0.1&FILTER=g", method: "POST", body, from: "127.0.0.9" };
    const { headers: answered } = await ask(front, { ...request, headers });
    expect(answered.location).toMatch(new RegExp(`^http://cutout\\.example\\.org:${front.port}/async/`));
  });
});

describe("over TLS", () => {
  let secure: NginxFront;
  beforeAll(async () => {
    await front.restart();
    secure = await startNginxFront({ servicePort: front.servicePort, variant: "tls" });
  });
  afterAll(() => secure?.stop());

  const form = { "Content-Type": "application/x-www-form-urlencoded" };

  it("addresses in answers are those of TLS", async () => {
    const made = await ask(secure, { tls: true, path: "/async", method: "POST", headers: form, body: "ID=des_sample" });
    expect(made.headers.location).toMatch(new RegExp(`^https://cutout\\.example\\.org:${secure.tlsPort}/async/`));
  });

  it("one sign-in is for all services, and what it lets in is kept for nobody else", async () => {
    const shared = openSharedServices(readConfiguration({ RECORTE_DATA: front.dataFolder, RECORTE_LOG: "none" }));
    await shared.access.accounts.create({ name: "ana", password: "long enough for once" });
    shared.close();
    const login = { tls: true, host: "auth.example.org", path: "/login" };
    const page = await ask(secure, login);
    expect(page.headers).toMatchObject({
      "content-security-policy": expect.stringContaining("default-src 'none'") as string,
      "x-content-type-options": "nosniff",
      "strict-transport-security": "max-age=31536000",
    });
    const csrf = /name="csrf"\s+value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const cookies = [page.headers["set-cookie"]?.[0].split(";")[0] ?? ""];
    const headers = { ...form, Cookie: cookies.join("; "), Origin: `https://auth.example.org:${secure.tlsPort}` };
    const body = new URLSearchParams({ csrf, username: "ana", password: "long enough for once" }).toString();
    const signedIn = await ask(secure, { ...login, method: "POST", headers, body });
    expect([signedIn.status, signedIn.text]).toEqual([303, ""]);
    const session = signedIn.headers["set-cookie"]?.find((text) => text.startsWith("recorte_session=")) ?? "";
    for (const attribute of ["HttpOnly", "Secure", "SameSite=Lax", "Domain=example.org"]) {
      expect(session).toContain(attribute);
    }

    const path = `${SMALL}&RUNID=tls`;
    const own = await ask(secure, { tls: true, path, headers: { Cookie: session.split(";")[0] } });
    expect(own.headers).toMatchObject({ "x-vo-authenticated": "ana", "cache-control": "private, no-cache" });
    const strangers = await ask(secure, { tls: true, path });
    expect([strangers.status, strangers.headers["x-cache"]]).toEqual([200, "MISS"]);
    expect(strangers.headers).not.toHaveProperty("x-vo-authenticated");
  });
});

describe("metrics", () => {
  it("are shown to this machine, and to nobody else", async () => {
    const answer = await ask(front, { path: "/metrics" });
    expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(/^http_requests_total\{/m)]);
    expect((await ask(front, { path: "/metrics", from: "127.0.0.2" })).status).toBe(403);
  });
});
