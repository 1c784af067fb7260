import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { gunzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../support/free-port.ts";
import { ask, open, start } from "../support/nginx-client.ts";
import { startNginxFront, type NginxFront } from "../support/nginx-front.ts";
import { startUpstream, type Upstream } from "../support/nginx-upstream.ts";

/** What nginx does with any service: one that is made up here answers. */
let upstream: Upstream;
let front: NginxFront;
/** Tells what the address in X-Test is counted by. */
let keysPort: number;

beforeAll(async () => {
  upstream = await startUpstream();
  keysPort = await freePort();
  const more = `server { listen 127.0.0.1:${keysPort}; set_real_ip_from 127.0.0.1; real_ip_header X-Test;
    location / { return 200 "$recorte_client"; } }`;
  front = await startNginxFront({ servicePort: upstream.port, variant: "tls", more });
});
afterAll(async () => {
  await front?.stop();
  await upstream?.close();
});
afterEach(() => {
  upstream.answer = (_, outgoing) => outgoing.end("served");
  upstream.seen.length = 0;
});

const secure = { tls: true } as const;

describe("names", () => {
  it.each(["cutout", "auth"])("%s. goes to the service under the name that was asked for", async (name) => {
    const host = `${name}.example.org`;
    expect(await ask(front, { ...secure, host, path: "/x?a=1&a=2" })).toMatchObject({ status: 200, text: "served" });
    expect(upstream.seen).toMatchObject([{ url: "/x?a=1&a=2", headers: { host: `${host}:${front.tlsPort}` } }]);
  });

  it.each(["example.org", "cutout.example.com", "127.0.0.1", "xcutout.example.org", "cutout.example.org.evil.net"])(
    "%s is nobody here: no answer, no certificate",
    async (host) => {
      await expect(ask(front, { host })).rejects.toThrow("socket hang up");
      await expect(ask(front, { ...secure, host })).rejects.toThrow(/unrecognized name|handshake/);
      expect(upstream.seen).toEqual([]);
    },
  );

  it("a Host other than that of the handshake gets no answer", async () => {
    const headers = { Host: "cutout.example.com" };
    await expect(ask(front, { ...secure, headers })).rejects.toThrow("socket hang up");
    expect(upstream.seen).toEqual([]);
  });

  it("a name that is only in the Host header of a request to another is not believed", async () => {
    const text = await exchange(`GET http://cutout.example.org/x HTTP/1.1\r\nHost: evil.example.com\r\n\r\n`);
    expect(text).toContain("https://cutout.example.org/x");
    expect(text).not.toContain("evil");
  });
});

describe("HTTP and HTTPS", () => {
  it("plain HTTP leads to HTTPS, with the method and the query kept", async () => {
    const answer = await ask(front, { path: "/sync?ID=a%20b", method: "POST", body: "x" });
    expect(answer).toMatchObject({ status: 308, headers: { location: "https://cutout.example.org/sync?ID=a%20b" } });
    expect(upstream.seen).toEqual([]);
  });

  it("speaks HTTP/2", async () => {
    const session = connectHttp2(`https://cutout.example.org:${front.tlsPort}`, {
      ca: front.certificate,
      createConnection: (url) =>
        connectTls({
          port: Number(url.port),
          host: "127.0.0.1",
          servername: url.hostname,
          ca: front.certificate,
          ALPNProtocols: ["h2"],
        }),
    });
    const stream = session.request({ ":path": "/x?y", "x-forwarded-for": "10.0.0.1" });
    let text = "";
    for await (const piece of stream) text += String(piece);
    session.close();
    expect(text).toBe("served");
    expect(upstream.seen).toMatchObject([
      { url: "/x?y", headers: { host: `cutout.example.org:${front.tlsPort}`, "x-forwarded-for": "127.0.0.1" } },
    ]);
  });

  it("what a certificate is got with is there without TLS", async () => {
    expect(await ask(front, { path: "/.well-known/acme-challenge/token" })).toMatchObject({
      status: 200,
      text: "proof",
    });
  });

  it.each([
    ["TLSv1.3", "TLSv1.3"],
    ["TLSv1.2", "TLSv1.2"],
  ] as const)("speaks %s", async (version, spoken) => {
    expect(await shakeHands({ minVersion: version, maxVersion: version })).toBe(spoken);
  });

  it("speaks no TLS older than 1.2", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    await expect(shakeHands(old)).rejects.toThrow(/protocol version|alert/);
  });
});

describe("addresses of old", () => {
  it.each([
    ["/api/sync?ID=a%2Fb&POS=CIRCLE+1+2+3", "/sync?ID=a%2Fb&POS=CIRCLE+1+2+3"],
    ["/api/async/x%20y/", "/async/x%20y/"],
    ["/api", "/"],
    ["/api?x=1", "/?x=1"],
    ["/api/", "/"],
    ["/api//evil.example.com/x", "//evil.example.com/x"], // below our own name
  ])("%s moved to %s, for GET and POST", async (path, to) => {
    for (const method of ["GET", "POST"]) {
      const answer = await ask(front, { ...secure, path, method });
      expect(answer.status).toBe(308);
      expect(answer.headers.location).toBe(`https://cutout.example.org:${front.tlsPort}${to}`);
    }
    expect(upstream.seen).toEqual([]);
  });

  it("an address that only begins alike is the service's", async () => {
    await ask(front, { ...secure, path: "/apis/x" });
    expect(upstream.seen).toMatchObject([{ url: "/apis/x" }]);
  });
});

describe("what the service is told", () => {
  it("is what nginx knows, whatever clients say of themselves", async () => {
    const lies = {
      "X-Forwarded-For": ["10.0.0.1", "127.0.0.1"],
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Host": "evil.example.com",
      "X-Forwarded-Port": "1",
      "X-Real-IP": "127.0.0.1",
      Forwarded: "for=127.0.0.1;host=evil.example.com",
    };
    await ask(front, { ...secure, headers: lies, from: "127.0.0.9" });
    const [{ headers }] = upstream.seen;
    expect(headers).toMatchObject({ "x-forwarded-for": "127.0.0.9", "x-forwarded-proto": "https" });
    expect(headers.host).toBe(`cutout.example.org:${front.tlsPort}`);
    for (const name of ["x-forwarded-host", "x-forwarded-port", "x-real-ip", "forwarded"]) {
      expect(headers, name).not.toHaveProperty(name);
    }
  });

  it("a request has one id: in the service, in the answer and in the log", async () => {
    upstream.answer = (_, outgoing) => outgoing.setHeader("X-Request-Id", "of-the-service").end();
    const answer = await ask(front, { ...secure, headers: { "X-Request-Id": "client-1.a" }, path: "/one?secret=1" });
    expect(upstream.seen[0].headers["x-request-id"]).toBe("client-1.a");
    expect(answer.headers["x-request-id"]).toBe("client-1.a");
    const line = front.log().find((text) => text.includes("client-1.a"));
    expect(JSON.parse(line ?? "null")).toMatchObject({ path: "/one", status: 200, client: "127.0.0.1" });
  });

  it("an id that is no plain word is replaced", async () => {
    const answer = await ask(front, { ...secure, headers: { "X-Request-Id": 'a" b' } });
    expect(answer.headers["x-request-id"]).toMatch(/^[0-9a-f]{32}$/);
    expect(upstream.seen[0].headers["x-request-id"]).toBe(answer.headers["x-request-id"]);
  });

  it("no secret is in the log", async () => {
    const headers = {
      Authorization: "Bearer rct_secret1",
      Cookie: "recorte_session=secret2",
      Referer: "https://x/?secret3",
    };
    await ask(front, { ...secure, path: "/two?code=secret4", headers });
    expect(front.log().join("\n")).toContain("/two");
    expect(front.log().join("\n")).not.toContain("secret");
  });
});

describe("answers", () => {
  it.each(["text/plain", "text/html; charset=utf-8", "text/css", "text/csv; charset=utf-8; header=present"])(
    "%s is compressed",
    (type) => expectCompressed(type, true),
  );
  it.each([
    "application/json",
    "application/xml; charset=utf-8",
    "application/x-votable+xml",
    "application/x-votable+xml;content=datalink",
  ])("%s is compressed", (type) => expectCompressed(type, true));
  it.each(["application/fits", "image/fits", "image/png", "application/zip", "application/x-tar", "text/event-stream"])(
    "%s is not compressed",
    (type) => expectCompressed(type, false),
  );

  it("pages of auth. are not compressed: their length would tell of the secrets in them", async () => {
    await expectCompressed("text/html", false, "auth.example.org");
  });

  it("carry what keeps browsers from mischief", async () => {
    const { headers } = await ask(front, secure);
    expect(headers).toMatchObject({
      "strict-transport-security": "max-age=31536000",
      "x-content-type-options": "nosniff",
      "x-frame-options": "SAMEORIGIN",
      "referrer-policy": "strict-origin-when-cross-origin",
      server: "nginx",
    });
  });

  it("what the service says itself of these stands, once", async () => {
    upstream.answer = (_, outgoing) =>
      outgoing
        .setHeader("X-Content-Type-Options", "nosniff")
        .setHeader("X-Frame-Options", "DENY")
        .setHeader("Referrer-Policy", "no-referrer")
        .end();
    const { headers } = await ask(front, secure);
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    });
  });

  it("a service that is away is told in its own words", async () => {
    upstream.answer = (incoming) => incoming.socket.destroy();
    const answer = await ask(front, secure);
    expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "5", "x-content-type-options": "nosniff" } });
    expect(answer.text).toMatch(/^ServiceUnavailable: /);
  });

  it("errors of the service pass as they are", async () => {
    upstream.answer = (_, outgoing) => outgoing.writeHead(429, { "Retry-After": "30" }).end("OverLimit");
    expect(await ask(front, secure)).toMatchObject({
      status: 429,
      headers: { "retry-after": "30" },
      text: "OverLimit",
    });
  });

  it("a body beyond what any form has is refused before the service sees it", async () => {
    const answer = await ask(front, {
      ...secure,
      method: "POST",
      path: "/sync",
      headers: { "Content-Length": "3000000" },
    });
    expect(answer).toMatchObject({ status: 413 });
    expect(answer.text).toMatch(
      /^UsageError: .* 2\.1 MB \(2097152 bytes\) are allowed, and 41\.9 MB \(41943040 bytes\)/,
    );
    expect(upstream.seen).toEqual([]);
  });
});

describe("bodies", () => {
  const list = { ...secure, path: "/async", method: "POST", headers: { "Content-Type": "text/csv" } };

  it("of lists go on as they come", async () => {
    let first: Promise<string> | undefined;
    upstream.answer = (incoming, outgoing) => {
      first = new Promise((resolve) => incoming.once("data", (piece) => resolve(String(piece))));
      incoming.on("end", () => outgoing.end("all"));
    };
    const outgoing = start(front, list);
    outgoing.write("name,ra,dec\n");
    await vi.waitFor(async () => expect(await first).toBe("name,ra,dec\n"), { timeout: 5000 });
    outgoing.end();
  });

  it("of forms come when they are whole: the service does not wait for slow clients", async () => {
    const outgoing = start(front, { ...list, path: "/sync" });
    outgoing.write("ID=");
    // A list that begins after it is in the service already.
    const later = start(front, list);
    later.write("name,");
    await vi.waitFor(() => expect(upstream.seen).toHaveLength(1), { timeout: 5000 });
    expect(upstream.seen[0].url).toBe("/async");
    outgoing.end("x");
    await vi.waitFor(() => expect(upstream.seen.map(({ url }) => url)).toEqual(["/async", "/sync"]));
    later.end();
  });

  it("larger than any list are refused before the service sees them", async () => {
    const headers = { "Content-Length": String(41 * 2 ** 20) };
    expect((await ask(front, { ...list, headers })).status).toBe(413);
    expect(upstream.seen).toEqual([]);
  });
});

describe("answers below /async", () => {
  it("go on piece by piece, however small", { timeout: 10_000 }, async () => {
    let end: (() => void) | undefined;
    upstream.answer = (_, outgoing) => {
      outgoing.write("first ");
      end = () => outgoing.end("last");
    };
    const response = await open(front, { ...secure, path: "/async/x/results/all.zip" });
    let text = "";
    response.on("data", (piece) => (text += String(piece)));
    await vi.waitFor(() => expect(text).toBe("first "), { timeout: 5000 });
    end?.();
    await vi.waitFor(() => expect(text).toBe("first last"));
  });
});

describe("/metrics", () => {
  it("is for this machine", async () => {
    expect(await ask(front, { ...secure, path: "/metrics" })).toMatchObject({ status: 200, text: "served" });
    expect(upstream.seen).toMatchObject([{ url: "/metrics" }]);
  });

  it.each(["/metrics", "//metrics", "/%6detrics", "/x/../metrics", "/metrics?x=1"])(
    "%s is not for others",
    async (path) => {
      expect(await ask(front, { ...secure, path, from: "127.0.0.2" })).toMatchObject({ status: 403 });
      expect(upstream.seen).toEqual([]);
    },
  );

  it.each(["X-Forwarded-For", "Forwarded", "X-Real-IP"])(
    "is not for those for whom a proxy here speaks: %s",
    async (name) => {
      const answer = await ask(front, { ...secure, path: "/metrics", headers: { [name]: "127.0.0.1" } });
      expect(answer.status).toBe(403);
      expect(upstream.seen).toEqual([]);
    },
  );
});

it("a file that went away under the service's eyes is told as the service would", async () => {
  upstream.answer = (_, outgoing) =>
    outgoing
      .writeHead(200, { "X-Accel-Redirect": "/-results/x/y.fits", "Content-Type": "application/fits", ETag: '"v1"' })
      .end();
  const answer = await ask(front, { ...secure, path: "/async/x/results/result-1" });
  expect(answer.status).toBe(404);
  expect(answer.text).toMatch(/^UsageError: The file is not there any more/);
  expect(answer.headers).not.toHaveProperty("etag");
});

describe("limits", () => {
  /** Requests a second and at once; each of these tests comes from an address of its own. */
  it("many requests at once from one address are refused beyond the burst, and from others not", async () => {
    const from = "127.0.1.1";
    const began = Date.now(); // nginx counts by the milliseconds of its own clock, which is this one
    const answers = (await Promise.all(Array.from({ length: 50 }, () => several(10, { ...secure, from })))).flat();
    const allowed = 1 + 100 + 20 * ((Date.now() - began) / 1000); // the burst, and 20 a second
    const letIn = answers.filter(({ status }) => status === 200).length;
    expect(letIn).toBeGreaterThanOrEqual(100);
    expect(letIn).toBeLessThanOrEqual(allowed + 1);
    expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers["retry-after"]).toBe("5");
    expect(refused?.text).toMatch(/^UsageError: Cannot answer: too many requests .* 20 a second and 100 more/); // as the service's own refusals
    expect((await ask(front, { ...secure, from: "127.0.1.2" })).status).toBe(200);
  });

  it("requests that are open at a time are counted", async () => {
    const from = "127.0.2.1";
    const waiting: (() => void)[] = [];
    upstream.answer = (_, outgoing) => void waiting.push(() => outgoing.end());
    const statuses: number[] = [];
    const all = Array.from({ length: 70 }, async () => statuses.push((await ask(front, { ...secure, from })).status));
    await vi.waitFor(() => expect(waiting.length + statuses.length).toBe(70), { timeout: 20_000 });
    expect(statuses).toEqual(new Array(6).fill(429));
    waiting.forEach((end) => end());
    await Promise.all(all);
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
  });

  it.each([
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", "2001:db8:1:3:3:4:5:6"],
    ["2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:20::1"],
    ["2001:db8::1", "2001:db8::2:3:4:5", "2001:db8:0:1::1"],
    ["2001:db8:0:5::1", "2001:db8:0:5::2", "2001:db8:0:6::1"],
    ["2001:db8::5:a:b:c:d", "2001:db8::5:a:b:c:e", "2001:db8::6:a:b:c:d"],
    ["2001:db8:1::a:b:c:d", "2001:db8:1::a:b:c:e", "2001:db8:2::a:b:c:d"],
    ["1::", "1::1", "2::"],
  ])("%s and %s are one client, and %s another", async (one, same, other) => {
    const keyOf = async (address: string) =>
      (await fetch(`http://127.0.0.1:${keysPort}`, { headers: { "X-Test": address } })).text();
    expect(await keyOf(one)).toBe(await keyOf(same));
    expect(await keyOf(one)).not.toBe(await keyOf(other));
    expect(await keyOf("192.0.2.1")).not.toBe(await keyOf("192.0.2.2"));
  });

  it("forms of auth. are slow from one address, its pages are not", async () => {
    const from = "127.0.3.1";
    const host = "auth.example.org";
    const posts = await several(20, { ...secure, host, from, method: "POST", path: "/login" });
    expect(posts.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(3);
    expect(posts.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(11);
    expect((await ask(front, { ...secure, host, from, path: "/login" })).status).toBe(200);
  });
});

describe("WebSocket", () => {
  it("passes, both ways", async () => {
    upstream.server.once("upgrade", (incoming, socket: Socket) => {
      expect(incoming.headers).toMatchObject({ upgrade: "websocket", connection: "upgrade" });
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello");
      socket.on("data", (data) => socket.end(`got ${data.toString()}`));
    });
    const socket = connectTls({
      port: front.tlsPort,
      host: "127.0.0.1",
      servername: "cutout.example.org",
      ca: front.certificate,
    });
    socket.write("GET /live HTTP/1.1\r\nHost: cutout.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    let text = "";
    for await (const piece of socket) {
      text += String(piece);
      if (text.endsWith("hello")) socket.write("bye");
    }
    expect(text).toMatch(/^HTTP\/1.1 101 [^]*hellogot bye$/);
  });

  it("nothing else is passed on as another protocol", async () => {
    await ask(front, { ...secure, headers: { Upgrade: "h2c", Connection: "Upgrade" } });
    expect(upstream.seen[0].headers).not.toHaveProperty("upgrade");
  });
});

it("connections to the service are kept", async () => {
  const sockets = new Set<Socket>();
  upstream.answer = (incoming, outgoing) => {
    sockets.add(incoming.socket);
    outgoing.end();
  };
  await several(10, secure);
  expect(sockets.size).toBeLessThan(3);
});

async function several(count: number, request: Parameters<typeof ask>[1]) {
  const answers = [];
  for (let i = 0; i < count; i++) answers.push(await ask(front, request));
  return answers;
}

async function expectCompressed(type: string, yes: boolean, host = "cutout.example.org"): Promise<void> {
  const content = "twelve words ".repeat(1000);
  upstream.answer = (_, outgoing) => outgoing.setHeader("Content-Type", type).setHeader("ETag", '"v1"').end(content);
  const answer = await ask(front, { ...secure, host, headers: { "Accept-Encoding": "gzip" } });
  expect(answer.headers["content-encoding"]).toBe(yes ? "gzip" : undefined);
  expect(answer.headers.etag).toBe(yes ? 'W/"v1"' : '"v1"'); // other bytes are another version, strictly
  expect((yes ? gunzipSync(answer.body) : answer.body).toString()).toBe(content);
}

function shakeHands(options: object): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const to = { port: front.tlsPort, host: "127.0.0.1", servername: "cutout.example.org", ca: front.certificate };
    const socket = connectTls({ ...to, ...options }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** Bytes there and back, without TLS. */
async function exchange(request: string): Promise<string> {
  const socket = connect(front.port, "127.0.0.1");
  socket.write(request);
  let text = "";
  socket.setTimeout(2000, () => socket.destroy());
  for await (const piece of socket) {
    text += String(piece);
    if (text.includes("\r\n\r\n")) break;
  }
  return text;
}
