import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { requireProgram } from "../support/outside-program.ts";

const FILES = join(import.meta.dirname, "../../nginx");
const read = (name: string) => readFileSync(join(FILES, name), "utf8");

/** Of a file of `NAME=value` lines, as systemd reads it: what it has in quotes or escapes is not used here. */
function readEnvironment(text: string): Record<string, string> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

describe("units of systemd", () => {
  it.each(["recorte.service", "recorte-work.service"])("%s is understood, and leaves little open", (name) => {
    requireProgram("systemd-analyze", "systemd");
    const run = (...args: string[]) => spawnSync("systemd-analyze", args, { encoding: "utf8" });
    const verified = run("verify", join(FILES, name));
    // Programs that are not installed at their place on this machine are no fault of the file.
    const faults = verified.stderr
      .split("\n")
      .filter((line) => line !== "" && !/is not executable|Command .* not found/.test(line));
    expect(faults).toEqual([]);
    const security = run("security", "--offline=true", "--threshold=20", join(FILES, name)); // of 100
    expect([security.status, security.stdout]).toEqual([0, expect.stringContaining("Overall exposure level")]);
  });

  it("have the same rights", () => {
    const rightsOf = (name: string) => /# What it may not do[^]*?\n\n/.exec(read(name))?.[0];
    expect(rightsOf("recorte.service")).toMatch(/NoNewPrivileges=true/);
    expect(rightsOf("recorte-work.service")).toBe(rightsOf("recorte.service"));
  });

  it("wait longer for requests to end than the service does", () => {
    const { shutdownTimeoutSeconds } = readConfiguration(readEnvironment(read("recorte.env")));
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(read("recorte.service"))?.[1]);
    expect(seconds).toBeGreaterThan(shutdownTimeoutSeconds + 10);
  });
});

describe("settings of a public service", () => {
  it("are settings, of the service that nginx is in front of", () => {
    const env = readEnvironment(read("recorte.env"));
    const configuration = readConfiguration(env);
    expect(read("site/http.conf")).toContain(`server ${configuration.host}:${configuration.port};`);
    expect(read("site/results.conf")).toContain(`alias ${configuration.dataDirectory}/results/;`);
    expect(read("cutout.conf")).toContain(`location ${configuration.accelRedirect} {`);
    for (const service of ["cutout", "auth"]) {
      expect(read(`${service}.conf`)).toContain(`server_name ${service}.${configuration.domain};`);
    }
  });

  it("let bodies through to the service that it takes", () => {
    const { listMaxBytes } = readConfiguration(readEnvironment(read("recorte.env")));
    const mebibytes = Number(/client_max_body_size (\d+)m/.exec(read("cutout.conf"))?.[1]);
    expect(mebibytes * 2 ** 20).toBeGreaterThan(listMaxBytes + 2 ** 20);
  });

  it("let requests take as long as the service lets them", () => {
    const { syncTimeoutSeconds, waitMaxSeconds } = readConfiguration(readEnvironment(read("recorte.env")));
    const seconds = Number(/proxy_read_timeout (\d+)s/.exec(read("snippets/proxy.conf"))?.[1]);
    expect(seconds).toBeGreaterThan(Math.max(syncTimeoutSeconds, waitMaxSeconds));
  });
});

it("every file is included by another, the first as it says itself", () => {
  const names = readdirSync(FILES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".conf"));
  const texts = names.map(read).join("\n");
  const lost = names.filter((name) => !texts.includes(`include recorte/${name.replace("/plain/", "/")};`));
  expect(lost).toEqual([]);
});
