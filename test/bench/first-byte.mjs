// npm run bench:first-byte [-- --requests N]
// Milliseconds from a request, over a connection that is there already, to the first byte of its cutout, at random places of
// one DES-sized tile, with nothing of it in memory but its open file; in turns with a server that only sends as many bytes
// from memory.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openConnection } from "./connection.mjs";
import { quantiles } from "./harness.mjs";
import { placeInTile, SERVE, startServer } from "./spawned-server.mjs";
import { radiusOf, tableOf, withTileArchive } from "./tile-archive.mjs";

const { values } = parseArgs({ options: { requests: { type: "string", default: "40" } } });
const SIZES = [64, 128, 256, 512, 1024, 2048, 4096];
const AT_MOST_MILLISECONDS = 3;
const NOTHING_KEPT = { RECORTE_PLANE_CACHE: "0", RECORTE_SEEK_INDEX_CACHE: "0" };
const WARM_UPS = 5;
/** Requests after which V8 has compiled what all of them run. */
const COMPILED_AFTER = 300;
/** For what the server does after an answer, so that the next one does not wait for it. */
const REST_MILLISECONDS = 3;

/** Sends as many bytes as the path says. */
const BARE = `
  const chunk = Buffer.alloc(65536);
  const server = require("node:http").createServer(({ url }, response) => {
    let left = Number(url.slice(1));
    response.writeHead(200, { "content-length": left });
    const send = () => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(left, chunk.length));
        left -= part.length;
        if (!response.write(part)) return void response.once("drain", send);
      }
      response.end();
    };
    send();
  });
  server.listen(0, "127.0.0.1", () => console.log("Serving at http://127.0.0.1:" + server.address().port));`;

await withTileArchive(async ({ env, center }) => {
  const servers = await Promise.all([
    startServer(SERVE, { ...env, ...NOTHING_KEPT }),
    startServer(["--eval", BARE], env),
  ]);
  try {
    const [ours, bare] = await Promise.all(servers.map(({ url }) => openConnection(url)));
    const pathOf = (size) => {
      const { ra, dec } = placeInTile(center, size);
      return `/sync?ID=sim_sample&POS=CIRCLE+${ra}+${dec}+${radiusOf(size)}`;
    };
    for (let i = 0; i < COMPILED_AFTER; i++) await ours.get(pathOf(256));
    const rows = [["first byte, ms", "p10", "p50", "p90", "whole, p50", "bare, p50", "at most", "reached"]];
    for (const size of SIZES) {
      const found = { first: [], whole: [], bare: [] };
      for (let i = -WARM_UPS; i < Number(values.requests); i++) {
        const answer = await ours.get(pathOf(size));
        await sleep(REST_MILLISECONDS);
        const other = await bare.get(`/${answer.byteLength}`);
        if (i < 0) continue;
        found.first.push(answer.first);
        found.whole.push(answer.whole);
        found.bare.push(other.first);
      }
      const [first, whole, other] = [found.first, found.whole, found.bare].map(quantiles);
      const reached = first.median <= AT_MOST_MILLISECONDS ? "yes" : "**no**";
      const times = [first.p10, first.median, first.p90, whole.median, other.median].map((time) => time.toFixed(2));
      rows.push([`${size}²`, ...times, AT_MOST_MILLISECONDS, reached]);
      console.log(rows.at(-1).join("  "));
    }
    console.log(tableOf(rows));
    ours.close();
    bare.close();
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
});
