import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAccessServices } from "../../src/bin/access-services.ts";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { openRecords } from "../../src/bin/records.ts";
import { formatRequest, sendRaw, type RawRequest } from "../support/raw-http.ts";
import { createSampleArchive, type SampleArchive } from "../support/sample-server.ts";
import { startTestServer } from "../support/test-server.ts";

const PASSWORD = "correct horse battery staple";

let archive: SampleArchive;
beforeAll(async () => void (archive = await createSampleArchive({ RECORTE_JOB_WORKERS: "0" })));
afterAll(() => archive.dispose());

/** Port of one process of the service. */
const start = async (env: Record<string, string> = {}): Promise<number> => (await archive.start(env)).port;

async function send(port: number, request: Partial<RawRequest> & { readonly host?: string | null }) {
  const { method = "GET", target = "/", host = "localhost", headers = [], ...rest } = request;
  const hosts = host === null ? [] : [["Host", host] as const];
  const close = [["Connection", "close"] as const];
  return sendRaw(port, formatRequest({ method, target, headers: [...hosts, ...headers, ...close], ...rest }));
}

/** What only the one of them has: cutouts of it, and a page to sign in at. */
async function serviceAt(port: number, host: string | null, request: Partial<RawRequest> = {}): Promise<string> {
  const answers = await Promise.all(
    ["/capabilities", "/login"].map((target) =>
      send(port, { ...request, target: (request.target ?? "") + target, host }),
    ),
  );
  const statuses = answers.map(({ status }) => status).join();
  if (statuses === "200,404") return "cutout";
  return statuses === "404,200" ? "auth" : statuses;
}

describe("one process on one port", () => {
  let port: number;
  beforeAll(async () => void (port = await start()));

  test.each([
    ["cutout.localhost", "cutout"],
    ["auth.localhost", "auth"],
    ["auth.localhost:8080", "auth"],
    ["AUTH.LocalHost", "auth"],
    ["auth.localhost.", "auth"],
    ["auth.localhost.:80", "auth"],
    ["localhost", "cutout"],
    ["127.0.0.1", "cutout"],
    ["[::1]:8080", "cutout"],
    ["dsa110.localhost", "cutout"],
    ["auth.example.org", "cutout"],
  ])("answers at %s as %s", async (host, expected) => {
    expect(await serviceAt(port, host)).toBe(expected);
  });

  test("answers a client of before there were hosts as the first of its services", async () => {
    expect(await serviceAt(port, null, { protocol: "HTTP/1.0" })).toBe("cutout");
    expect(await serviceAt(port, "auth.localhost", { protocol: "HTTP/1.0" })).toBe("auth");
  });

  test("follows a whole address before the Host header (RFC 9112, section 3.2.2)", async () => {
    const answer = await send(port, { target: "http://auth.localhost/login", host: "cutout.localhost" });
    expect(answer.status).toBe(200);
  });

  test.each(["", "bad host", "a/b", "x@auth.localhost", "auth.localhost:x"])(
    "refuses a host that is none, or takes it for none of its own: %j",
    async (host) => {
      const { status } = await send(port, { target: "/login", host });
      expect([400, 404]).toContain(status);
    },
  );

  test("does not take the host of a proxy that nobody trusts, nor one that is trusted, for the choice", async () => {
    const headers = [["X-Forwarded-Host", "auth.localhost"]] as const;
    expect((await send(port, { target: "/login", headers })).status).toBe(404);
  });
});

test("the first of RECORTE_SERVICES answers at all other hosts", async () => {
  const port = await start({ RECORTE_SERVICES: "auth,cutout", RECORTE_DOMAIN: "example.org" });
  expect(await serviceAt(port, "localhost")).toBe("auth");
  expect(await serviceAt(port, "auth.localhost")).toBe("auth");
  expect(await serviceAt(port, "cutout.example.org")).toBe("cutout");
});

describe("the auth service alone", () => {
  test("needs no images, and touches none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "recorte-auth-"));
    const data = join(folder, "data");
    const settings = { RECORTE_SERVICES: "auth", RECORTE_ARCHIVE_ROOTS: "/nowhere" };
    const { server, port } = await startTestServer({ RECORTE_DATA: data, ...settings });
    try {
      expect(server.urls.map((url) => new URL(url).hostname)).toEqual(["auth.localhost", "localhost"]);
      expect(await serviceAt(port, "cutout.localhost")).toBe("auth");
      expect(readdirSync(data).filter((name) => !name.startsWith("records.sqlite"))).toEqual([]);
      expect(() => server.services).toThrow(/no cutout service/);
    } finally {
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });

  test("and the cutout service, apart on one folder: one signs in at the one, and uses the token at the other", async () => {
    const [auth, cutout] = await Promise.all([
      start({ RECORTE_SERVICES: "auth" }),
      start({ RECORTE_SERVICES: "cutout", RECORTE_ANONYMOUS: "0" }),
    ]);
    await addUser("ada");
    const target = "/sync?ID=sim_sample&CIRCLE=59.09+-52.811+0.001&FILTER=g";
    expect((await send(cutout, { target })).status).toBe(401);

    const body = Buffer.from(new URLSearchParams({ username: "ada", password: PASSWORD }).toString());
    const signedIn = await send(auth, {
      ...{ method: "POST", target: "/login", host: "auth.localhost", body },
      headers: [
        ["Content-Type", "application/x-www-form-urlencoded"],
        ["Content-Length", String(body.length)],
      ],
    });
    expect([signedIn.status, signedIn.text]).toEqual([200, expect.any(String)]);
    const bearer = `Bearer ${signedIn.headers["x-vo-bearer"]}`;
    const answer = await send(cutout, { target, headers: [["Authorization", bearer]] });
    expect([answer.status, answer.headers["x-vo-authenticated"]]).toEqual([200, "ada"]);

    // What one of them ends is over at the other at once.
    const records = openRecords(readConfiguration({ RECORTE_DATA: archive.dataFolder }));
    records.sqlite.prepare("update user set disabled_at = 1 where name = 'ada'").run();
    records.close();
    expect((await send(cutout, { target, headers: [["Authorization", bearer]] })).status).toBe(401);
  });
});

async function addUser(name: string): Promise<void> {
  const configuration = readConfiguration({ RECORTE_DATA: archive.dataFolder });
  const records = openRecords(configuration);
  const access = createAccessServices(configuration, records);
  await access.accounts.create({ name, password: PASSWORD });
  access.close();
  records.close();
}

test("the records, and the folder that is made for them, are nobody else's to read", () => {
  const folder = mkdtempSync(join(tmpdir(), "recorte-private-"));
  const data = join(folder, "deep/data");
  try {
    const records = openRecords(readConfiguration({ RECORTE_DATA: data }));
    records.sqlite.prepare("select 1 from user").get();
    const modes = readdirSync(data).map((name) => [name, (statSync(join(data, name)).mode & 0o777).toString(8)]);
    expect(Object.fromEntries(modes)).toEqual({
      "records.sqlite": "600",
      "records.sqlite-shm": "600",
      "records.sqlite-wal": "600",
    });
    for (const path of [data, join(folder, "deep")]) expect((statSync(path).mode & 0o777).toString(8)).toBe("700");
    records.close();
    expect(existsSync(join(data, "records.sqlite"))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
