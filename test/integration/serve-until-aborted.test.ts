import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { serveUntilAborted } from "../../src/bin/serve-until-aborted.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recorte-serve-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configure = () =>
  readConfiguration({ PORT: "0", RECORTE_DATA: folder, RECORTE_LOG: "none", RECORTE_SERVICES: "auth" });

const ask = (url: string) => fetch(`${url}/health`).then(({ status }) => status);

test("serves until it is told to stop", async () => {
  const stop = new AbortController();
  const console = globalThis.console.error;
  let asked: Promise<number> | undefined;
  let url = "";
  await serveUntilAborted(configure(), stop.signal, ({ urls }) => {
    url = urls.at(-1) ?? "";
    asked = ask(url).finally(() => stop.abort());
  });
  expect(await asked).toBe(200);
  await expect(ask(url)).rejects.toThrow();
  expect(globalThis.console.error).toBe(console);
});

test("gives the port back where something fails after it listens", async () => {
  let url = "";
  const serving = serveUntilAborted(configure(), new AbortController().signal, ({ urls }) => {
    url = urls.at(-1) ?? "";
    throw new Error("nobody can be told");
  });
  await expect(serving).rejects.toThrow("nobody can be told");
  await expect(ask(url)).rejects.toThrow();
});
