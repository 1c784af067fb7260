import { execFileSync, spawn } from "node:child_process";
import { chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireProgram } from "./outside-program.ts";
import { freePort } from "./free-port.ts";

const FILES = join(import.meta.dirname, "../../nginx");
/** nobody, in Debian: what a test run by root runs nginx as. */
const NOBODY = 65534;

export type NginxFront = {
  /** Plain HTTP: the service itself, or with TLS what leads there. */
  readonly port: number;
  readonly tlsPort: number;
  /** Its certificate, which it signed itself. */
  readonly certificate: string;
  /** Where answers are kept. */
  readonly cacheFolder: string;
  readonly pid: number;
  /** Lines of the access log. */
  log(): string[];
  /** Of the worker, which does the work: bytes that are only its own. */
  workerBytes(): number;
  stop(): Promise<void>;
};

export type FrontOptions = {
  /** Of the service behind it. */
  readonly servicePort: number;
  readonly variant: "plain" | "tls";
  /** RECORTE_DATA/results */
  readonly resultsFolder?: string;
  /** Besides, in the http block. */
  readonly more?: string;
  /** A group that nginx is in, too, where root runs the test. */
  readonly group?: number;
};

/**
 * nginx with the files of this repository, on ports of this machine and as nobody in particular. Only what lies in `site/`
 * is changed, as its administrator would: ports, folders, certificate.
 */
export async function startNginxFront(options: FrontOptions): Promise<NginxFront> {
  requireProgram("nginx", "nginx-light");
  requireProgram("openssl", "openssl");
  const folder = mkdtempSync(join(tmpdir(), "recorte-front-"));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const place = { folder, port, tlsPort, ...options };
  installFiles(place);
  makeCertificate(folder);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownAll(folder, NOBODY);
  const nginx = ["nginx", "-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")];
  const [command, ...args] = isRoot ? asUser(NOBODY, nginx, options.group) : nginx;
  execFileSync(command, [...args, "-t", "-q"], { stdio: ["ignore", "pipe", "pipe"] }); // throws with what it says
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  };
  try {
    await listens(port, () => child.exitCode !== null);
  } catch (cause) {
    await stop();
    throw new Error(`Cannot start nginx: ${said}`, { cause });
  }
  return {
    port,
    tlsPort,
    certificate: readFileSync(join(folder, "certificate.pem"), "utf8"),
    cacheFolder: join(folder, "cache"),
    pid: child.pid ?? 0,
    log: () => readFileSync(join(folder, "access.log"), "utf8").trim().split("\n"),
    workerBytes: () => Math.max(...childrenOf(child.pid ?? 0).map(privateBytesOf)),
    stop,
  };
}

/** A command, run by root as somebody else who is in one more group at most. */
export function asUser(id: number, command: readonly string[], group?: number): [string, ...string[]] {
  const groups = group === undefined ? "--clear-groups" : `--groups=${group}`;
  return ["setpriv", `--reuid=${id}`, `--regid=${id}`, groups, ...command];
}

type Place = FrontOptions & { readonly folder: string; readonly port: number; readonly tlsPort: number };

function installFiles({ folder, port, tlsPort, servicePort, variant, resultsFolder, more = "" }: Place): void {
  const site = join(folder, "recorte/site");
  cpSync(FILES, join(folder, "recorte"), { recursive: true });
  if (variant === "plain") cpSync(join(site, "plain"), site, { recursive: true });
  for (const name of readdirSync(site)) {
    if (!name.endsWith(".conf")) continue;
    const text = readFileSync(join(site, name), "utf8")
      .replace(/listen \[::\]:/g, "# listen [::]:") // a machine may have none
      .replace(/listen 80\b/g, `listen 127.0.0.1:${port}`)
      .replace(/listen 443\b/g, `listen 127.0.0.1:${tlsPort}`)
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${servicePort}`)
      .replace("/etc/letsencrypt/live/example.org/fullchain.pem", join(folder, "certificate.pem"))
      .replace("/etc/letsencrypt/live/example.org/privkey.pem", join(folder, "key.pem"))
      .replace("/var/cache/nginx-recorte", join(folder, "cache"))
      .replace("/var/log/nginx/recorte.log", join(folder, "access.log"))
      .replace("/var/www/letsencrypt", join(folder, "acme"))
      .replace("/var/lib/recorte/results/", `${resultsFolder ?? folder}/`);
    writeFileSync(join(site, name), text);
  }
  mkdirSync(join(folder, "acme/.well-known/acme-challenge"), { recursive: true });
  writeFileSync(join(folder, "acme/.well-known/acme-challenge/token"), "proof");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(" ");
  // As Debian has it, but for what is nobody's here.
  const main = `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr; events {}
http { access_log off; gzip on; sendfile on; ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ${temporary} include recorte/recorte.conf; ${more} }`;
  writeFileSync(join(folder, "nginx.conf"), main);
}

function makeCertificate(folder: string): void {
  const names = "subjectAltName=DNS:cutout.example.org,DNS:auth.example.org";
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  const args = [
    "req",
    "-x509",
    ...newKey,
    "-out",
    certificate,
    "-days",
    "2",
    "-subj",
    "/CN=example.org",
    "-addext",
    names,
  ];
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}

function chownAll(path: string, id: number): void {
  chownSync(path, id, id);
  for (const name of readdirSync(path, { recursive: true })) chownSync(join(path, name.toString()), id, id);
}

/** Waits up to 30 s until somebody takes connections. */
async function listens(port: number, ended: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    if (ended() || Date.now() > deadline) throw new Error(`Nobody listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

/** What a process has written to memory that it shares with nobody. */
export function privateBytesOf(pid: number): number {
  const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}
