// npm run bench:image-size [-- --requests N]
// Milliseconds of a 256² cutout, over a connection that is there already, out of a 10 000² image and out of a 1 000² one, in
// turns; their seek indices are in memory, their compressed bytes are not.

import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { openConnection } from "./connection.mjs";
import { quantiles } from "./harness.mjs";
import { placeInTile, RECORTE, SERVE, startServer } from "./spawned-server.mjs";
import { radiusOf, tableOf, withTileArchive } from "./tile-archive.mjs";

const { values } = parseArgs({ options: { requests: { type: "string", default: "2000" } } });
const SIZE = 256;
const AT_MOST = 1.5;
const IMAGES = [
  { name: "10 000²", file: "des-tile.fits.fz", side: 10_000 },
  { name: "1 000²", file: "des-small.fits.fz", side: 1000 },
];
/** Requests after which V8 has compiled what all of them run. */
const COMPILED_AFTER = 1000;

await withServers(IMAGES, async (servers) => {
  const times = servers.map(() => []);
  for (let i = -COMPILED_AFTER; i < Number(values.requests); i++) {
    for (const [at, { connection, center, side }] of servers.entries()) {
      const { ra, dec } = placeInTile(center, SIZE + 40, side);
      const path = `/sync?ID=sim_sample&POS=CIRCLE+${ra}+${dec}+${radiusOf(SIZE)}`;
      const { whole } = await connection.get(path);
      if (i >= 0) times[at].push(whole);
    }
  }
  const rows = times
    .map(quantiles)
    .map(({ p10, median, p90 }, at) => [IMAGES[at].name, ...[p10, median, p90].map((time) => time.toFixed(2))]);
  const ratio = quantiles(times[0]).median / quantiles(times[1]).median;
  console.log(tableOf([["256², ms", "p10", "p50", "p90"], ...rows]));
  console.log(`${ratio.toFixed(2)}, at most ${AT_MOST}: ${ratio <= AT_MOST ? "reached" : "not reached"}`);
});

/** One server for each image. */
async function withServers([image, ...others], work, servers = []) {
  if (image === undefined) return work(servers);
  await withTileArchive(async ({ env, center }) => {
    execFileSync(process.execPath, [RECORTE, "index", "sim_sample"], { env, stdio: "inherit" });
    const server = await startServer(SERVE, { ...env, RECORTE_PLANE_CACHE: "0" });
    const connection = await openConnection(server.url);
    try {
      await withServers(others, work, [...servers, { ...image, connection, center }]);
    } finally {
      connection.close();
      await server.stop();
    }
  }, image.file);
}
