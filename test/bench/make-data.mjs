// npm run bench:data [-- side [file]]: makes the images of the benches in RECORTE_BENCH_DATA, or data/bench.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { compileC } from "./cfitsio-peer/peer.mjs";

const folder = resolve(process.env.RECORTE_BENCH_DATA || "data/bench");
try {
  mkdirSync(folder, { recursive: true });
  const program = compileC("make-data.c", ["cfitsio", "m"]);
  process.exitCode = spawnSync(program, [folder, ...process.argv.slice(2)], { stdio: "inherit" }).status ?? 1;
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
