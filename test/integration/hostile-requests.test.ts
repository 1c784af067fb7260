import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createSyncApp } from "../support/sync-app.ts";
import type { LogEntry } from "../../src/http/log-entry.ts";
import { checkAnswer, hostileRequest, hostileText } from "../fuzz/requests.ts";
import { editHeader } from "../support/edit-header.ts";
import { createSampleServices, SAMPLE_FOLDER, type SampleServices } from "../support/sample-services.ts";
import { startTestServer } from "../support/test-server.ts";

describe("any request", () => {
  let services: SampleServices;
  let app: ReturnType<typeof createSyncApp>;

  beforeAll(async () => {
    services = await createSampleServices();
    app = createSyncApp({ cutouts: services.cutouts, timeoutSeconds: 60, log: () => undefined });
  });
  afterAll(() => services.dispose());

  it("with parameters that are nearly right is answered, or refused with what is wrong", async () => {
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(hostileRequest, async (hostile) => {
        const status = await checkAnswer(app, hostile);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
      { numRuns: 500, seed: 20_261_121 },
    );
    for (const status of [200, 204, 400, 404]) expect(statuses.get(status), String(status)).toBeGreaterThan(0);
    expect(services.images.inUse).toBe(0);
  });

  it("with a number of a hundred thousand digits is refused at once, with little of it", async () => {
    const body = new URLSearchParams({ ID: "des_sample", POS: `CIRCLE 59 -52 ${"1".repeat(100_000)}x` });
    const start = performance.now();
    const response = await app.request("/sync", { method: "POST", body });
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(1000);
    expect(performance.now() - start).toBeLessThan(2000); // to try every place for a point takes 5 s
  });

  it("with any text as its query or its form is refused", async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, fc.constantFrom("urlencoded", "form-data", "query"), async (text, kind) => {
        const type = kind === "form-data" ? "multipart/form-data; boundary=x" : "application/x-www-form-urlencoded";
        const response =
          kind === "query"
            ? await app.request(`/sync?${text.replaceAll("#", "")}`)
            : await app.request("/sync", { method: "POST", body: text, headers: { "content-type": type } });
        expect([400, 404]).toContain(response.status);
        expect(await response.text()).toMatch(/^(UsageError|MultiValuedParamNotSupported): /);
      }),
      { numRuns: 200, seed: 20_261_121 },
    );
  });

  it("with a body that does not end is refused at 1 MiB", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x41));
      },
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const response = await app.request("/sync", { method: "POST", body, headers, duplex: "half" } as RequestInit);
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(2 * 1024 * 1024);
  });
});

const SIM = "SIM0356-5248_g.fits.fz";
const QUERY = "ID=sim_sample&POS=CIRCLE+59.0+-52.8+0.001&FILTER=g";
const WHOLE = "ID=sim_sample&POS=CIRCLE+59.0+-52.8+0.6&FILTER=g";

describe("a hostile file in the archive", () => {
  let folder: string;
  let whole: Uint8Array;
  let services: SampleServices;
  let entries: LogEntry[];
  let app: ReturnType<typeof createSyncApp>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "recorte-archive-"));
    for (const name of await readdir(join(SAMPLE_FOLDER, "sim"))) {
      if (name === SIM) await copyFile(join(SAMPLE_FOLDER, "sim", name), join(folder, name));
    }
    whole = new Uint8Array(await readFile(join(folder, SIM)));
    services = await createSampleServices({ RECORTE_MAX_GZIP: "4MiB" }, { sim_sample: folder });
    app = createSyncApp({ cutouts: services.cutouts, timeoutSeconds: 60, log: (entry) => entries.push(entry) });
  });
  afterAll(async () => {
    await services.dispose();
    await rm(folder, { recursive: true });
  });

  /** Another length each time, so that it is another version also within one tick of the file system's clock. */
  let written = 0;
  async function replaceFile(bytes: Uint8Array): Promise<void> {
    const longer = new Uint8Array(bytes.length + 2880 * ++written);
    longer.set(bytes);
    entries = [];
    await writeFile(join(folder, SIM), longer);
  }

  it("is served while it is whole", async () => {
    await replaceFile(whole);
    const response = await app.request(`/sync?${WHOLE}`);
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get("content-length")));
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(400 * 400 * 4);
  });

  const bomb = new Uint8Array(gzipSync(Buffer.alloc(16 * 1024 * 1024)));
  it.each([
    ["that is empty", () => new Uint8Array(0), 500],
    ["whose header ends nowhere", (bytes: Uint8Array) => editHeader(bytes, 1, { NAXIS2: "4000000000" }), 500],
    ["that has lost an HDU on record", (bytes: Uint8Array) => bytes.subarray(0, 2880), 500],
    [
      "whose tiles are enormous",
      (bytes: Uint8Array) => editHeader(bytes, 1, { ZNAXIS1: "2000000000", ZTILE1: "2000000000" }),
      413,
    ],
    ["of a codec that nobody knows", (bytes: Uint8Array) => editHeader(bytes, 1, { ZCMPTYPE: "'LZW'" }), 422],
    ["that grows and grows as it is unzipped", () => bomb, 413],
    ["whose sky is none", (bytes: Uint8Array) => editHeader(bytes, 1, { CD1_1: "0", CD1_2: "0" }), 500],
    ["whose pixels have seven bits", (bytes: Uint8Array) => editHeader(bytes, 1, { ZBITPIX: "7" }), 500],
  ])("%s is an error that does not tell where it lies", async (_, damage, status) => {
    await replaceFile(damage(whole));
    const response = await app.request(`/sync?${QUERY}`);
    const text = await response.text();
    expect(text).toMatch(/^(Error|UsageError): [^\n]{10,400}\n$/);
    expect(response.status).toBe(status);
    expect(text).not.toContain(folder);
    expect(text).not.toMatch(/\.[jt]s:\d|node:/);
    // The log has it all.
    const causes: string[] = [];
    for (let error = entries[0]?.error; error instanceof Error; error = error.cause) causes.push(error.message);
    expect(causes.join("\n")).toContain(join(folder, SIM));
    expect(services.images.inUse).toBe(0);
  });

  it("breaks the connection where a tile in the middle is damaged, and never looks whole", async () => {
    await replaceFile(withDamagedTile(whole, 300));
    const response = await app.request(`/sync?${WHOLE}`);
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    let bytes = 0;
    const reading = async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.length;
    };
    await expect(reading()).rejects.toThrow(/tile 300 of .*SIM0356-5248_g.fits.fz\[1\]/);
    expect(bytes).toBeGreaterThan(2880);
    expect(bytes).toBeLessThan(Number(response.headers.get("content-length")));
    expect(entries).toMatchObject([{ status: 500, bytes }]);
    expect(services.images.inUse).toBe(0);
  });

  describe.each([
    ["large", WHOLE],
    ["small", "ID=sim_sample&POS=CIRCLE+59.0+-52.8+0.2&FILTER=g"],
  ])("and a %s cutout", (_, query) => {
    it("breaks a real connection, too, and does not tell where the file lies", async () => {
      await replaceFile(withDamagedTile(whole, 200));
      const log = vi.spyOn(console, "error").mockReturnValue(); // where the HTTP server tells of it, too
      const server = await startTestServer({ RECORTE_DATA: services.dataFolder });
      try {
        const received = await receiveAll(server.port, `/sync?${query}`);
        expect(received).not.toContain(folder);
        const end = received.indexOf("\r\n\r\n");
        const declared = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1]);
        if (received.startsWith("HTTP/1.1 200")) expect(received.length - end - 4).toBeLessThan(declared);
        else expect(received).toMatch(/^HTTP\/1.1 500 /);
      } finally {
        await server.close();
        log.mockRestore();
      }
    });
  });
});

/** All that comes over a connection until it ends, however it ends. */
function receiveAll(port: number, path: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    });
    socket.on("data", (bytes) => (received += bytes.toString("latin1")));
    socket.on("error", () => undefined).on("close", () => resolve(received));
  });
}

/** The descriptor of the tile says that its stream has one byte. */
function withDamagedTile(file: Uint8Array, tile: number): Uint8Array {
  const bytes = file.slice();
  const text = Buffer.from(bytes).toString("latin1");
  const header = text.indexOf("XTENSION");
  const dataStart = header + Math.ceil((text.indexOf(`END${" ".repeat(77)}`, header) + 80 - header) / 2880) * 2880;
  const rowLength = Number(/NAXIS1 {2}= +(\d+)/.exec(text.slice(header))?.[1]);
  new DataView(bytes.buffer).setUint32(dataStart + tile * rowLength, 1);
  return bytes;
}
