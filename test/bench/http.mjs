// npm run bench:http [-- --seconds N] [--rounds N]
// Requests a second for 256² cutouts at random places of one DES-sized tile, in turns with a server that only sends as
// many bytes from memory, 64 KiB at a time: what HTTP itself costs on this machine. Needs wrk (Debian: apt-get install wrk).

import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { quantiles } from "./harness.mjs";
import { RECORTE, SERVE, startServer, TILE_REACH_DEGREES } from "./spawned-server.mjs";
import { radiusOf, tableOf, withTileArchive } from "./tile-archive.mjs";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "3" }, rounds: { type: "string", default: "5" } },
});
const RADIUS = radiusOf(256);

/** What the server remembers, and the requests a second that it must reach on a machine of two cores, shared with wrk. */
const CASES = [
  { name: "first touch", env: { RECORTE_PLANE_CACHE: "0", RECORTE_SEEK_INDEX_CACHE: "0" }, atLeast: 200 },
  { name: "indexed", env: { RECORTE_PLANE_CACHE: "0" }, atLeast: 900 },
  { name: "hot", env: {}, atLeast: 1500 },
];

await withTileArchive(main);

async function main({ folder, env: environment, center }) {
  if (spawnSync("wrk", ["--version"]).error) throw new Error("Cannot find wrk (Debian: apt-get install wrk)");
  execFileSync(process.execPath, [RECORTE, "index", "sim_sample"], { env: environment, stdio: "inherit" });

  const script = join(folder, "requests.lua");
  writeFileSync(script, luaScript(center));
  const rows = [];
  for (const { name, env, atLeast } of CASES) {
    const server = await startServer(SERVE, { ...environment, ...env });
    const bytes = await bytesOfOne(server.url, center);
    const bare = await startServer(["--eval", bareServer(bytes)], environment);
    for (let i = 0; i < 3; i++) load(server.url, script); // compiled, indexed, and the plane is in memory where it may be
    const rates = { ours: [], bare: [] };
    for (let i = 0; i < Number(values.rounds); i++) {
      rates.bare.push(load(bare.url, script));
      rates.ours.push(load(server.url, script));
    }
    await Promise.all([server.stop(), bare.stop()]);
    const [ours, other] = [quantiles(rates.ours).median, quantiles(rates.bare).median];
    const ratio = ours / other;
    rows.push([name, ours.toFixed(0), other.toFixed(0), ratio.toFixed(3), atLeast, ours >= atLeast ? "yes" : "**no**"]);
    console.log(rows.at(-1).join("  "));
  }
  console.log(tableOf([["256² FITS", "ours req/s", "bare req/s", "ratio", "at least", "reached"], ...rows]));
}

/** Random centers that keep the cutout inside the tile. */
function luaScript(center) {
  const reach = TILE_REACH_DEGREES;
  return `
    request = function()
      local dec = ${center.dec} + (math.random() * 2 - 1) * ${reach}
      local ra = ${center.ra} + (math.random() * 2 - 1) * ${reach} / math.cos(math.rad(dec))
      return wrk.format("GET", string.format("/sync?ID=sim_sample&POS=CIRCLE+%.6f+%.6f+${RADIUS}", ra, dec))
    end
    done = function(summary)
      if summary.errors.status > 0 or summary.errors.read > 0 then io.write("FAILED REQUESTS\\n") end
    end`;
}

function bareServer(bytes) {
  return `
    const chunk = Buffer.alloc(65536), chunks = ${bytes} / 65536;
    const server = require("node:http").createServer((_, response) => {
      response.writeHead(200, { "content-length": ${bytes} });
      for (let i = 1; i < chunks; i++) response.write(chunk);
      response.end(chunk.subarray(0, ${bytes} - Math.ceil(chunks - 1) * 65536));
    });
    server.listen(0, "127.0.0.1", () => console.log("Serving at http://127.0.0.1:" + server.address().port));`;
}

async function bytesOfOne(url, center) {
  const response = await fetch(`${url}/sync?ID=sim_sample&POS=CIRCLE+${center.ra}+${center.dec}+${RADIUS}`);
  if (response.status !== 200) throw new Error(`The server answered ${response.status}: ${await response.text()}`);
  return (await response.arrayBuffer()).byteLength;
}

/** Requests a second. */
function load(url, script) {
  const args = ["--threads", "1", "--connections", "4", "--duration", `${values.seconds}s`, "--script", script, url];
  const output = execFileSync("wrk", args, { encoding: "utf8" });
  if (output.includes("FAILED REQUESTS")) throw new Error(`Some requests failed:\n${output}`);
  return Number(/Requests\/sec: +([\d.]+)/.exec(output)?.[1]);
}
