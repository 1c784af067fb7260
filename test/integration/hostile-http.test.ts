import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { formatRequest, sendRaw } from "../support/raw-http.ts";
import { BEARER, FORM, SMALL, startHostileServer, TOKEN, type HostileServer } from "../support/hostile-server.ts";

// HTTP itself, used badly: over real connections, byte by byte where a client library would not.

let hostile: HostileServer;
let job: string;
beforeAll(async () => {
  hostile = await startHostileServer({ RECORTE_REQUEST_TIMEOUT: "1" });
  job = await hostile.createJob(`${SMALL}&FILTER=r&PHASE=RUN`, "anonymous");
  await vi.waitUntil(() => hostile.phaseOf(job) === "COMPLETED", { timeout: 10_000 });
});
afterAll(() => hostile.close(), 20_000);

const ADDRESSES = [
  ...["/", "/health", `/sync?${SMALL}`, "/query?POS=CIRCLE+59+-52.8+1", "/links?ID=sim_sample", "/async", "/nothing"],
  ...["/capabilities", "/availability", "/examples", "/docs", "/docs/show.js", "/openapi.json", "/history"],
  ...["", "/phase", "/owner", "/parameters", "/parameters/ID", "/results", "/results/result-1", "/results/all.zip"].map(
    (part) => `/async/{job}${part}`,
  ),
  ...["/results/all.tar", "/manifest.json", "/manifest.csv", "/error", "/quote"].map((part) => `/async/{job}${part}`),
];

describe("HTTP", () => {
  it("HEAD is answered as GET is, everywhere, without a body", async () => {
    for (const address of ADDRESSES) {
      const target = address.replace("{job}", job);
      const [get, head] = [await hostile.send({ target }), await hostile.send({ method: "HEAD", target })];
      expect([target, head.status]).toEqual([target, get.status]);
      expect([target, head.headers["content-type"]]).toEqual([target, get.headers["content-type"]]);
      for (const name of ["content-length", "etag"]) {
        if (head.headers[name] !== undefined) expect([target, head.headers[name]]).toEqual([target, get.headers[name]]);
      }
    }
    // A HEAD sends no body: what came after would be the answer to the next request.
    const two = ["HEAD", "GET"].map((method) => `${method} /async/${job} HTTP/1.1\r\nHost: localhost\r\n`);
    const bytes = Buffer.from(`${two[0]}\r\n${two[1]}Connection: close\r\n\r\n`);
    const received = await receiveAll(bytes);
    expect(received.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(received.match(/<uws:job /g)).toHaveLength(1);
  });

  it("allows no other method where something is only to be had", async () => {
    for (const target of ["/", "/health", "/docs", "/docs/show.js", "/openapi.json", "/history", "/capabilities"]) {
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
        const { status, headers, text } = await hostile.send({ method, target });
        expect([target, status, headers.allow]).toEqual([target, 405, expect.stringContaining("GET, HEAD")]);
        expect(text).toMatch(/^UsageError: /);
      }
    }
  });

  it("of 1.0 is spoken too, with no Host and no chunks", async () => {
    for (const address of ADDRESSES) {
      const target = address.replace("{job}", job);
      const answer = await sendRaw(
        hostile.port,
        formatRequest({ method: "GET", target, protocol: "HTTP/1.0", headers: [] }),
      );
      expect([target, answer.status]).toEqual([target, (await hostile.send({ target })).status]);
      expect(answer.headers["transfer-encoding"]).toBeUndefined();
    }
  });

  it("answers requests that come one behind the other in their order, each whole", async () => {
    const targets = [`/async/${job}/results/all.zip`, "/nothing", `/sync?${SMALL}`, "/health", `/async/${job}/phase`];
    const singly = await Promise.all(targets.map((target) => hostile.send({ target })));
    const lines = targets.map(
      (target, i) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${i === 4 ? "Connection: close\r\n" : ""}\r\n`,
    );
    let rest = await receiveAll(Buffer.from(lines.join("")));
    for (const { status, body, headers } of singly) {
      const end = rest.indexOf("\r\n\r\n") + 4;
      expect(rest.slice(0, end)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      const length = Number(headers["content-length"]);
      if (status === 404) expect(rest.slice(end, end + length)).toBe(Buffer.from(body).toString("latin1"));
      rest = rest.slice(end + length);
    }
    expect(rest).toBe("");
  });

  it.each([
    ["no HTTP", "hello\r\n\r\n", 400, /it is no HTTP/],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, /it is no HTTP/],
    ["no Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400, /it needs a Host header/],
    ["a Host that is none", "GET / HTTP/1.1\r\nHost: xn--a\r\nConnection: close\r\n\r\n", 400, /Host header/],
    ["an address that is none", "GET http://[/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400, /address/],
    ["an address of 60 KB", `GET /sync?${"a".repeat(60_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, /16 KiB; .* by POST/],
    ["headers without end", `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(20_000)}`, 431, /16 KiB/],
    ["a tunnel", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405, /Cannot CONNECT/],
    [
      "another expectation",
      "GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n",
      417,
      /Expect "tea"/,
    ],
    [
      "two lengths",
      "POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      400,
      /no HTTP/,
    ],
    [
      "a length and chunks",
      "POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      /no HTTP/,
    ],
    ["broken chunks", "POST /sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400, /no HTTP/],
    ["an end in the headers", "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n", 400, /no HTTP/],
    ["headers that trickle in", "GET / HTTP/1.1\r\nHost: x\r\n", 408, /too slowly/],
  ])("%s is refused with a text", async (_, bytes, status, text) => {
    const answer = await sendRaw(hostile.port, Buffer.from(bytes, "latin1"), { seconds: 5 });
    expect(answer.text).toMatch(text);
    expect(answer.text).toMatch(/^UsageError: .*\n$/);
    expect(answer.status).toBe(status);
    expect(answer.isWhole).toBe(true);
    if (status === 405) expect(answer.headers.allow).toBe("GET, HEAD, POST");
  });
});

const POST_ROUTES = [
  ..."/sync /async /query /links".split(" "),
  ...["", "/phase", "/executionduration", "/destruction", "/parameters"].map((part) => `/async/{job}${part}`),
];

describe("a body", () => {
  it.each([...POST_ROUTES, "/async/{job}/rerun", "/nothing", "/capabilities", "/"])(
    "of 100 MB at %s is refused without being read",
    async (route) => {
      for (const framing of ["length", "chunked"] as const) {
        const target = route.replace("{job}", job);
        const { received, sent } = await pour(target, framing, 100e6);
        expect([target, received.slice(0, 13)]).toEqual([target, expect.stringMatching(/^HTTP\/1\.1 (4\d\d|303) /)]);
        if (POST_ROUTES.includes(route)) expect(received).toMatch(/^HTTP\/1\.1 413 [^]*(?:UsageError: |>UsageFault: )/);
        expect(sent).toBeLessThan(60e6);
      }
    },
    20_000,
  );

  it.each([
    ["1e15", "1000000000000000"],
    ["the largest", "9007199254740991"],
    ["more", "9".repeat(30)],
    ["less than none", "-1"],
  ])("that is said to have %s bytes is refused at once", async (_, length) => {
    for (const route of POST_ROUTES) {
      const target = route.replace("{job}", job);
      const answer = await hostile.send(
        { method: "POST", target, headers: [FORM, ["Content-Length", length]], body: Buffer.from("ID=x") },
        { seconds: 5 },
      );
      expect([400, 413]).toContain(answer.status);
      expect(answer.text).toMatch(/^UsageError: |>UsageFault: /);
      expect(answer.milliseconds).toBeLessThan(1000);
    }
  });

  it("that waits for 100 Continue is asked for, and read", async () => {
    const body = Buffer.from(SMALL);
    const head = `POST /sync HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: ${FORM[1]}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
    const socket = connect(hostile.port, "127.0.0.1");
    let received = "";
    socket.on("data", (piece) => (received += piece.toString("latin1")));
    socket.write(head);
    await vi.waitUntil(() => received === "HTTP/1.1 100 Continue\r\n\r\n", { timeout: 2000 });
    socket.write(body);
    await vi.waitUntil(() => received.includes("HTTP/1.1 200 OK"), { timeout: 2000 });
    socket.destroy();
  });

  it("that trickles in is given up when its time is over", async () => {
    const started = performance.now();
    const request = (target: string) =>
      `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM[1]}\r\nContent-Length: 1000\r\n\r\n`;
    const answers = await Promise.all(
      ["/sync", "/async", "/links", `/async/${job}/phase`].map((target) =>
        receiveAll(Buffer.from(request(target)), "a"),
      ),
    );
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*UsageError: .*too slowly/);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it("is not waited for where not even the headers come", async () => {
    const started = performance.now();
    const [silent, ...slow] = await Promise.all([
      receiveAll(Buffer.from("")),
      receiveAll(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\nX-A: "), "a"),
      receiveAll(Buffer.from("G")),
    ]);
    expect(silent).toMatch(/^(HTTP\/1\.1 408 |$)/);
    for (const answer of slow) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it.each(["/sync", "/query", "/links", "/async", "/async/{job}/parameters"])(
    "with ten thousand parameters at %s is answered soon",
    async (route) => {
      const target = route.replace("{job}", job);
      for (const form of [
        "ID=sim_sample&".repeat(10_000),
        "CIRCLE=59+-52.8+0.001&".repeat(10_000),
        Array.from({ length: 10_000 }, (_, i) => `P${i}=${i}&`).join(""),
      ]) {
        const answer = await hostile.post(target, form, [BEARER]);
        expect([200, 303, 400, 403, 413]).toContain(answer.status);
        expect(answer.text.length).toBeLessThan(500_000);
        if (answer.status !== 200) expect(answer.text.length).toBeLessThan(2000);
        expect(answer.milliseconds).toBeLessThan(5000);
      }
    },
    30_000,
  );
});

it("leaves nothing behind", async () => {
  await hostile.expectNothingLeft();
  expect(hostile.log()).not.toContain(TOKEN);
  expect(hostile.log()).not.toMatch(/"status":500/);
});

/** All that comes until the connection ends. `trickle`: is sent ten times a second. */
function receiveAll(bytes: Buffer, trickle?: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(hostile.port, "127.0.0.1", () => socket.write(bytes));
    const timer = trickle === undefined ? undefined : setInterval(() => socket.write(trickle), 100);
    socket.on("data", (piece) => (received += piece.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(timer);
      resolve(received);
    });
  });
}

/** Sends a body of so many bytes as fast as it is taken, until the connection ends or an answer has come and it ends. */
function pour(
  target: string,
  framing: "length" | "chunked",
  byteLength: number,
): Promise<{ received: string; sent: number }> {
  return new Promise((resolve) => {
    let received = "";
    let left = byteLength;
    const socket = connect(hostile.port, "127.0.0.1");
    const isChunked = framing === "chunked";
    const length = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${byteLength}`;
    socket.write(`POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: ${FORM[1]}\r\n${length}\r\n\r\n`);
    const piece = Buffer.alloc(100_000, "a");
    const chunk = Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
    const send = () => {
      for (; left > 0 && !socket.destroyed; left -= piece.length)
        if (!socket.write(isChunked ? chunk : piece)) return void (left -= piece.length);
      if (isChunked && !socket.destroyed) socket.end("0\r\n\r\n");
    };
    socket.on("drain", send).on("data", (bytes) => (received += bytes.toString("latin1")));
    socket.on("error", () => undefined).on("close", () => resolve({ received, sent: byteLength - left }));
    send();
  });
}
