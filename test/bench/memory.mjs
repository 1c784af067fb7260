// npm run bench:memory [-- --tiles N]
// The most memory that the server has had (VmHWM) at its start and after each of N whole tiles of 10 000², 400 MB, with
// caches off and one decoder thread: what it takes to carry bytes, whatever their number. Linux only.

import { readFileSync } from "node:fs";
import { get } from "node:http";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SERVE, startServer } from "./spawned-server.mjs";
import { tableOf, withTileArchive } from "./tile-archive.mjs";

const { values } = parseArgs({ options: { tiles: { type: "string", default: "3" } } });
const AT_MOST_MEGABYTES = 120;
const ALONE = {
  RECORTE_PLANE_CACHE: "0",
  RECORTE_SEEK_INDEX_CACHE: "0",
  RECORTE_DECODE_WORKERS: "1",
  RECORTE_SYNC_MAX_PIXELS: "200000000",
};

await withTileArchive(async ({ env, center }) => {
  const server = await startServer(SERVE, { ...env, ...ALONE });
  try {
    await sleep(500); // what is done after the start
    const rows = [["whole tiles sent", "most memory, MB", "at most", "reached", "the last, s"]];
    const add = (tiles, seconds) => {
      const megabytes = megabytesOf(server.pid);
      const reached = megabytes <= AT_MOST_MEGABYTES ? "yes" : "**no**";
      rows.push([tiles, megabytes.toFixed(0), AT_MOST_MEGABYTES, reached, seconds.toFixed(2)]);
    };
    add(0, 0);
    for (let i = 1; i <= Number(values.tiles); i++) {
      const began = performance.now();
      await drain(`${server.url}/sync?ID=sim_sample&POS=CIRCLE+${center.ra}+${center.dec}+1`);
      add(i, (performance.now() - began) / 1000);
    }
    console.log(tableOf(rows));
  } finally {
    await server.stop();
  }
});

function megabytesOf(pid) {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1000;
}

function drain(url) {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`The server answered ${response.statusCode}`));
      response.resume().on("end", resolve).on("error", reject);
    }).on("error", reject);
  });
}
