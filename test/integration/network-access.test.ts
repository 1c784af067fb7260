import { beforeAll, afterAll, describe, expect, test } from "vitest";
import { formatRequest, sendRaw, type RawAnswer, type RawRequest } from "../support/raw-http.ts";
import { createSampleArchive, type SampleArchive } from "../support/sample-server.ts";

type Headers = RawRequest["headers"];

let archive: SampleArchive;
/** Ports, by the settings of whom listens there: nothing that is asked here changes anything. */
const ports = new Map<string, Promise<number>>();

/** Listens on IPv6 and IPv4 alike: peers by IPv4 come as ::ffff:127.0.0.1, as they do in production. */
beforeAll(async () => void (archive = await createSampleArchive({ HOST: "::", RECORTE_JOB_WORKERS: "0" })));
afterAll(() => archive.dispose());

/** Port of a server with these settings. */
function start(env: Record<string, string> = {}): Promise<number> {
  const name = JSON.stringify(env);
  const port = ports.get(name) ?? archive.start(env).then((server) => server.port);
  ports.set(name, port);
  return port;
}

type Asked = { readonly by?: "127.0.0.1" | "::1"; readonly target?: string; readonly headers?: Headers };

function ask(port: number, { by = "127.0.0.1", target = "/examples", headers = [] }: Asked = {}): Promise<RawAnswer> {
  const has = (name: string) => headers.some(([given]) => given === name);
  const all = [...(has("Host") ? [] : [["Host", "localhost"] as const]), ...headers];
  const close = has("Connection") ? [] : [["Connection", "close"] as const];
  return sendRaw(port, formatRequest({ method: "GET", target, headers: [...all, ...close] }), { host: by });
}
const forwarded = (...lines: string[]): Headers => lines.map((line) => ["X-Forwarded-For", line] as const);

describe("an allow list of the cutout service", () => {
  test("that is not set lets everybody in", async () => {
    const port = await start();
    for (const by of ["127.0.0.1", "::1"] as const) expect((await ask(port, { by })).status).toBe(200);
    expect((await ask(port, { headers: forwarded("203.0.113.9") })).status).toBe(200);
  });

  test.each([
    ["127.0.0.1", 200, 403],
    ["127.0.0.0/8", 200, 403],
    ["::ffff:127.0.0.1", 200, 403],
    ["::ffff:127.0.0.0/104", 200, 403],
    ["127.99.99.99/8", 200, 403],
    ["::1", 403, 200],
    ["::/0", 403, 200],
    ["0.0.0.0/0", 200, 403],
    ["0.0.0.0/0,::/0", 200, 200],
    ["192.0.2.0/24", 403, 403],
  ])("of %s answers 127.0.0.1 with %d, and ::1 with %d", async (networks, ipv4, ipv6) => {
    const port = await start({ RECORTE_CUTOUT_ALLOWED_IPS: networks });
    expect((await ask(port, { by: "127.0.0.1" })).status).toBe(ipv4);
    expect((await ask(port, { by: "::1" })).status).toBe(ipv6);
  });

  test("leaves the auth service to its own", async () => {
    const port = await start({ RECORTE_CUTOUT_ALLOWED_IPS: "192.0.2.0/24" });
    const headers = [["Host", "auth.localhost"]] as const;
    expect((await ask(port, { target: "/login", headers })).status).toBe(200);
    expect((await ask(port, { target: "/login" })).status).toBe(403);
    const other = await start({ RECORTE_AUTH_ALLOWED_IPS: "192.0.2.0/24" });
    expect((await ask(other, { target: "/login", headers })).status).toBe(403);
    expect((await ask(other)).status).toBe(200);
  });
});

describe("behind a proxy on this machine", () => {
  const env = { RECORTE_CUTOUT_ALLOWED_IPS: "192.0.2.0/24,2001:db8::/32" };

  test("the client is who the proxy says, and nobody that the client says", async () => {
    const port = await start(env);
    const statusOf = async (...lines: string[]) => (await ask(port, { headers: forwarded(...lines) })).status;
    expect(await statusOf("192.0.2.7")).toBe(200);
    expect(await statusOf("2001:db8::7")).toBe(200);
    expect(await statusOf("203.0.113.9, 192.0.2.7")).toBe(200);
    expect(await statusOf("192.0.2.7, 203.0.113.9")).toBe(403);
    expect(await statusOf("192.0.2.7, 127.0.0.1, 203.0.113.9, 127.0.0.1")).toBe(403);
    expect(await statusOf("unknown")).toBe(403);
    expect(await statusOf("192.0.2.7, unknown")).toBe(403);
  });

  test("several headers of the same name are one, in their order", async () => {
    const port = await start(env);
    const statusOf = async (...lines: string[]) => (await ask(port, { headers: forwarded(...lines) })).status;
    expect(await statusOf("203.0.113.9", "192.0.2.7")).toBe(200);
    expect(await statusOf("192.0.2.7", "203.0.113.9")).toBe(403);
    expect(await statusOf("192.0.2.7", "")).toBe(403);
  });

  test("as many hops as fit into the headers cost no more than a refusal", async () => {
    const port = await start(env);
    for (const hop of ["1", "127.0.0.1", "x", ",", " "]) {
      const headers = forwarded(...new Array<string>(3).fill(`${hop},`.repeat(Math.floor(5000 / (hop.length + 1)))));
      const { status, milliseconds } = await ask(port, { headers });
      expect([hop, status]).toEqual([hop, 403]);
      expect(milliseconds).toBeLessThan(1000);
    }
    expect((await ask(port, { headers: forwarded("192.0.2.7") })).status).toBe(200);
  });

  test("nobody is believed where no proxy is trusted", async () => {
    const port = await start({ ...env, RECORTE_TRUSTED_PROXIES: "198.51.100.1" });
    expect((await ask(port, { headers: forwarded("192.0.2.7") })).status).toBe(403);
  });

  test("the addresses in answers are those that its clients use", async () => {
    const headers = [
      ["X-Forwarded-Proto", "https"],
      ["Host", "cutout.sky.example"],
    ] as const;
    const port = await start();
    expect((await ask(port, { target: "/", headers })).text).toContain("https://cutout.sky.example/sync");
    const other = await start({ RECORTE_TRUSTED_PROXIES: "198.51.100.1" });
    expect((await ask(other, { target: "/", headers })).text).toContain("http://cutout.sky.example/sync");
    const fixed = await start({ RECORTE_PUBLIC_URL: "https://cutout.example.org" });
    expect((await ask(fixed, { target: "/", headers })).text).toContain("https://cutout.example.org/sync");
  });
});

describe("whoever may not come in", () => {
  const env = { RECORTE_CUTOUT_ALLOWED_IPS: "192.0.2.0/24" };

  test("is told so in the words of the standards, and nothing else", async () => {
    const port = await start(env);
    const { status, headers, text } = await ask(port, { by: "::1" });
    expect(status).toBe(403);
    expect(headers["content-type"]).toMatch(/^text\/plain/);
    expect(text).toBe("AuthorizationError: Cannot answer ::1: this service is open to certain networks only\n");
    const mapped = await ask(port);
    expect(mapped.text).toContain("Cannot answer 127.0.0.1:");
  });

  test("may ask whether the service is well, by that one path", async () => {
    const port = await start(env);
    expect((await ask(port, { target: "/health" })).status).toBe(200);
    for (const target of [
      "//health",
      "/health/",
      "/health/../examples",
      "/./examples",
      "/HEALTH",
      "/health%2f..%2fexamples",
    ]) {
      expect([target, (await ask(port, { target })).status]).toEqual([target, 403]);
    }
  });

  test("opens no WebSocket either", async () => {
    const port = await start(env);
    const upgrade = [
      ["Connection", "Upgrade, close"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ] as const;
    expect((await ask(port, { target: "/jobs/1/events", headers: upgrade })).status).toBe(403);
    expect((await ask(port, { headers: [...upgrade, ...forwarded("192.0.2.7")] })).status).toBe(200);
    const h2c = [["Connection", "Upgrade, HTTP2-Settings, close"], ["Upgrade", "h2c"], ["HTTP2-Settings", ""]] as const; // prettier-ignore
    expect((await ask(port, { headers: h2c })).status).toBe(403);
  });

  test("gets no further with a token", async () => {
    const port = await start({ ...env, RECORTE_TEST_TOKEN: "test-token-0123456789" });
    const headers = [["Authorization", "Bearer test-token-0123456789"]] as const;
    expect((await ask(port, { headers })).status).toBe(403);
  });
});

describe("/metrics", () => {
  test("is for this machine, and not for whom a proxy on it speaks", async () => {
    const port = await start();
    const statusOf = async (asked: Asked = {}) => (await ask(port, { target: "/metrics", ...asked })).status;
    expect(await statusOf()).toBe(200);
    expect(await statusOf({ by: "::1" })).toBe(200);
    expect(await statusOf({ headers: forwarded("203.0.113.9") })).toBe(403);
    expect(await statusOf({ headers: forwarded("127.0.0.1, 203.0.113.9") })).toBe(403);
    expect(await statusOf({ headers: forwarded("unknown") })).toBe(403);
    const closed = await start({ RECORTE_METRICS_ALLOWED_IPS: "192.0.2.0/24" });
    expect((await ask(closed, { target: "/metrics" })).status).toBe(403);
    expect((await ask(closed, { target: "/metrics", headers: forwarded("192.0.2.7") })).status).toBe(403);
  });

  test("is open to its own list where the service is not", async () => {
    const port = await start({ RECORTE_CUTOUT_ALLOWED_IPS: "192.0.2.0/24" });
    expect((await ask(port, { target: "/metrics" })).status).toBe(200);
  });
});

describe("a browser in the network that is let in, with a page of somebody else", () => {
  const env = { RECORTE_CUTOUT_ALLOWED_IPS: "127.0.0.0/8,::1", RECORTE_DOMAIN: "sky.example" };
  const ours = "http://auth.sky.example";
  const post = (port: number, headers: Headers) =>
    sendRaw(
      port,
      formatRequest({
        ...{ method: "POST", target: "/async" },
        headers: [...headers, ["Connection", "close"], ["Content-Length", "0"]],
      }),
      { host: "127.0.0.1" },
    );

  test("carries nothing out, and makes no jobs", async () => {
    const port = await start(env);
    const host = ["Host", `cutout.sky.example:${port}`] as const;
    const evil = ["Origin", "http://evil.example"] as const;
    expect((await ask(port, { headers: [host, evil] })).headers["access-control-allow-origin"]).toBeUndefined();
    const own = await ask(port, { headers: [host, ["Origin", `${ours}:${port}`]] });
    expect(own.headers["access-control-allow-origin"]).toBe(`${ours}:${port}`);
    expect((await post(port, [host, evil])).status).toBe(403);
    expect((await post(port, [host, ["Sec-Fetch-Site", "cross-site"]])).status).toBe(403);
    expect((await post(port, [host])).status).not.toBe(403); // a script
  });

  test("asks by no other name: what its name points to is not its own", async () => {
    const port = await start(env);
    const by = async (name: string, target: string) => (await ask(port, { target, headers: [["Host", name]] })).status;
    for (const target of ["/examples", "/metrics", "/"]) {
      expect([target, await by("evil.rebind.example", target)]).toEqual([target, 421]);
      for (const name of ["sky.example", `cutout.sky.example:${port}`, "localhost", `127.0.0.1:${port}`, "[::1]"]) {
        expect([target, name, await by(name, target)]).toEqual([target, name, 200]);
      }
    }
  });

  test("is an ordinary one where everybody is let in", async () => {
    const port = await start();
    const headers = [["Host", "any.example"], ["Origin", "http://evil.example"]] as const; // prettier-ignore
    const answer = await ask(port, { headers });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([200, "*"]);
    expect((await post(port, headers)).status).not.toBe(403);
    expect((await ask(port, { target: "/metrics", headers })).status).toBe(421);
  });
});
