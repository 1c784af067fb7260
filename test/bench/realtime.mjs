// npm run bench:realtime [-- --rate N] [--requests N] [--rows N]
// How long synchronous 256² cutouts take while nothing else runs, and while a job of 500 cutouts does: requests come at
// a steady rate, whatever the answers do. In turns: alone, with the job, alone.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { centerOfTile, placeInTile, RECORTE, startServer } from "./spawned-server.mjs";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "40" },
    requests: { type: "string", default: "400" },
    rows: { type: "string", default: "500" },
  },
});
const TILE = resolve(process.env.RECORTE_BENCH_DATA || "data/bench", "des-tile.fits.fz");
const RADIUS = (128 * 0.263) / 3600;
const agent = new Agent({ keepAlive: true });
let center;

const folder = mkdtempSync(join(tmpdir(), "recorte-bench-"));
try {
  await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
} finally {
  agent.destroy();
  rmSync(folder, { recursive: true });
}

async function main() {
  if (!existsSync(TILE)) throw new Error(`Cannot find ${TILE}: make it with \`npm run bench:data\``);
  const env = { ...process.env, PORT: "0", RECORTE_DATA: join(folder, "data"), RECORTE_LOG: "none" };
  delete env.RECORTE_BENCH_DATA;
  const tile = join(folder, "SIM0356-5248_g.fits.fz");
  copyFileSync(TILE, tile);
  execFileSync(process.execPath, [RECORTE, "ingest", "sim_sample", tile], { env, stdio: "inherit" });
  center = centerOfTile(tile, env);
  const server = await startServer([RECORTE, "serve"], env);
  try {
    await timesOfRequests(server.url); // compiled, and opened
    const rows = [await measure("alone", server.url)];
    const job = await startJob(server.url);
    const began = performance.now();
    const isOver = async () => (await phaseOf(job)) !== "EXECUTING";
    rows.push(await measure("while the job runs", server.url, isOver));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const results = (await (await fetch(`${job}/results`)).text()).match(/application\/fits/g)?.length ?? 0;
    if (results !== Number(values.rows)) throw new Error(`The job ended with ${results} of ${values.rows} files`);
    console.log(`the job of ${values.rows} cutouts of 2′ took ${seconds} s beside the requests`);
    rows.push(await measure("alone again", server.url));
    const heading = ["256² cutouts, ms", "requests", "p50", "p95", "p99", "longest"];
    console.log([heading, heading.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n"));
  } finally {
    await server.stop();
  }
}

async function measure(name, url, isOver) {
  const times = (await timesOfRequests(url, isOver)).sort((a, b) => a - b);
  const at = (part) => times[Math.min(times.length - 1, Math.floor(part * times.length))].toFixed(1);
  return [name, times.length, at(0.5), at(0.95), at(0.99), at(1)];
}

/** Milliseconds from when a request was due to its last byte; so many requests, or until something is over. */
async function timesOfRequests(url, isOver) {
  const began = performance.now();
  const answers = [];
  for (let i = 0; isOver === undefined ? i < Number(values.requests) : i % 10 !== 9 || !(await isOver()); i++) {
    const due = began + (i * 1000) / Number(values.rate);
    await sleep(Math.max(0, due - performance.now()));
    const { ra, dec } = placeInTile(center);
    answers.push(
      fetchAll(`${url}/sync?ID=sim_sample&POS=CIRCLE+${ra}+${dec}+${RADIUS}`).then(() => performance.now() - due),
    );
  }
  return Promise.all(answers);
}

function fetchAll(url) {
  return new Promise((resolveRead, reject) => {
    get(url, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`The server answered ${response.statusCode}`));
      response.resume().on("end", resolveRead).on("error", reject);
    }).on("error", reject);
  });
}

/** A list of places, 2′ wide each: 456 × 456 pixels. */
async function startJob(url) {
  const list = Array.from({ length: Number(values.rows) }, () => placeInTile(center)).map(
    ({ ra, dec }) => `${ra},${dec}`,
  );
  const answer = await fetch(`${url}/async?ID=sim_sample&SIZE=2&PHASE=RUN`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: `ra,dec\n${list.join("\n")}\n`,
    redirect: "manual",
  });
  if (answer.status !== 303) throw new Error(`The job was refused: ${await answer.text()}`);
  const job = answer.headers.get("location");
  while ((await phaseOf(job)) === "QUEUED") await sleep(20);
  return job;
}

async function phaseOf(job) {
  return (await fetch(`${job}/phase`)).text();
}
