import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { freePort } from "./free-port.ts";
import { answers } from "./range-server-nginx.ts";

export type SwiftServer = {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
};

const PROGRAMS = ["proxy", "account", "container", "object"] as const;
const INSTALL =
  "apt-get install --no-install-recommends swift-proxy swift-account swift-container swift-object python3-keystonemiddleware memcached";

/**
 * OpenStack Swift with its S3 interface, one replica on one device, in a temporary folder on loopback ports.
 * The packages leave /etc/swift/swift.conf; everything else is given here.
 */
export async function startSwift(): Promise<SwiftServer> {
  for (const program of [...PROGRAMS.map((name) => `swift-${name}-server`), "swift-ring-builder", "memcached"]) {
    if (!["/usr/bin", "/usr/sbin"].some((folder) => fs.existsSync(join(folder, program)))) {
      throw new Error(`Cannot test S3: ${program} is missing; run ${INSTALL}`);
    }
  }
  const folder = fs.mkdtempSync(join(tmpdir(), "recorte-swift-"));
  fs.mkdirSync(join(folder, "devices", "d1"), { recursive: true });
  const ports = new Map<string, number>();
  for (const name of ["memcached", ...PROGRAMS]) ports.set(name, await freePort());
  const port = (name: string) => String(ports.get(name));

  for (const name of ["account", "container", "object"]) {
    const ring = (...args: string[]) =>
      execFileSync("/usr/bin/swift-ring-builder", [join(folder, `${name}.builder`), ...args]);
    ring("create", "4", "1", "0");
    ring("add", `r1z1-127.0.0.1:${port(name)}/d1`, "1");
    ring("rebalance");
  }
  const user = process.getuid?.() === 0 ? "root" : (process.env["USER"] ?? "nobody");
  const common = (name: string) => `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port(name)}
workers = 0
user = ${user}
swift_dir = ${folder}
devices = ${join(folder, "devices")}
mount_check = false
log_address = ${join(folder, "no-syslog")}
recon_cache_path = ${folder}
`;
  for (const name of ["account", "container", "object"]) {
    const app = `[pipeline:main]\npipeline = ${name}-server\n[app:${name}-server]\nuse = egg:swift#${name}\n`;
    fs.writeFileSync(join(folder, `${name}-server.conf`), common(name) + app);
  }
  fs.writeFileSync(join(folder, "proxy-server.conf"), common("proxy") + proxyPipeline(port("memcached")));

  const log = fs.openSync(join(folder, "log"), "a");
  const children = [
    spawn("memcached", ["-l", "127.0.0.1", "-p", port("memcached"), "-U", "0", "-m", "16", "-u", user]),
    ...PROGRAMS.map((name) =>
      spawn(`/usr/bin/swift-${name}-server`, [join(folder, `${name}-server.conf`)], { stdio: ["ignore", log, log] }),
    ),
  ];
  const stop = async () => {
    await Promise.all(children.map(stopChild));
    fs.closeSync(log);
    fs.rmSync(folder, { recursive: true });
  };
  const endpoint = `http://127.0.0.1:${port("proxy")}`;
  try {
    await answers(`${endpoint}/healthcheck`, () => children.some((child) => child.exitCode !== null));
  } catch (cause) {
    const said = fs.readFileSync(join(folder, "log"), "utf8").slice(-2_000);
    await stop();
    throw new Error(`Cannot test S3: Swift did not start: ${said}`, { cause });
  }
  return { endpoint, accessKeyId: "test:tester", secretAccessKey: "testing", stop };
}

function proxyPipeline(memcachedPort: string): string {
  const filters = ["catch_errors", "healthcheck", "cache", "s3api", "tempauth"];
  return `
[pipeline:main]
pipeline = ${filters.join(" ")} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${memcachedPort}
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
${filters
  .filter((name) => name === "catch_errors" || name === "healthcheck")
  .map((name) => `[filter:${name}]\nuse = egg:swift#${name}\n`)
  .join("")}`;
}

function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) resolve();
    else {
      child.once("exit", () => resolve());
      child.kill("SIGTERM");
    }
  });
}
