import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { requireProgram } from "./outside-program.ts";

export type NginxServer = {
  readonly origin: string;
  /** The folder it serves. */
  readonly root: string;
  stop(): Promise<void>;
};

/** nginx in a temporary folder on a loopback port. `directives` go into its `server` block. */
export async function startNginx(directives = ""): Promise<NginxServer> {
  requireProgram("nginx", "nginx-light");
  const folder = fs.mkdtempSync(join(tmpdir(), "recorte-nginx-"));
  const root = join(folder, "root");
  fs.mkdirSync(root);
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${join(folder, name)};`)
    .join(" ");
  // The workers of a master started by root would not be let into the folder.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const configuration = `${user} daemon off; pid ${folder}/pid; error_log stderr; events {}
http { access_log off; ${temporary} server { listen 127.0.0.1:${port}; root ${root}; ${directives} } }`;
  fs.writeFileSync(join(folder, "nginx.conf"), configuration);

  const child = spawn("nginx", ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const origin = `http://127.0.0.1:${port}`;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    fs.rmSync(folder, { recursive: true });
  };
  try {
    await answers(origin, () => child.exitCode !== null);
  } catch (cause) {
    await stop();
    throw new Error(`Cannot start nginx: ${said}`, { cause });
  }
  return { origin, root, stop };
}

/** Waits up to 30 s for any answer: a real program starts in its own time. */
export async function answers(url: string, ended: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch (error) {
      if (ended() || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
