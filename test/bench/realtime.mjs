// npm run bench:realtime [-- --rate N] [--requests N] [--rows N]
// How long synchronous 256² cutouts take while nothing else runs, and while a job of 500 cutouts does: requests come at
// a steady rate, whatever the answers do. In turns: alone, with the job, alone.

import { Agent, get } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { placeInTile, SERVE, startServer } from "./spawned-server.mjs";
import { radiusOf, tableOf, withTileArchive } from "./tile-archive.mjs";

const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "40" },
    requests: { type: "string", default: "400" },
    rows: { type: "string", default: "500" },
  },
});
const RADIUS = radiusOf(256);
const agent = new Agent({ keepAlive: true });
let center;

await withTileArchive(main).finally(() => agent.destroy());

async function main({ env, center: middle }) {
  center = middle;
  const server = await startServer(SERVE, env);
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
    console.log(tableOf([["256² cutouts, ms", "requests", "p50", "p95", "p99", "longest"], ...rows]));
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
