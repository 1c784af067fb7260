import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { centerOfTile, RECORTE } from "./spawned-server.mjs";

/** Of a cutout so many pixels of 0.263″ wide, degrees. */
export const radiusOf = (pixels) => ((pixels / 2) * 0.263) / 3600;

/**
 * Runs a benchmark with an archive of its own that has one image, the DES-sized tile or another, and tells what is wrong.
 * `env` is for the program's commands, `center` the tile's middle; files for a while go to `folder`.
 */
export async function withTileArchive(benchmark, file = "des-tile.fits.fz") {
  const folder = mkdtempSync(join(tmpdir(), "recorte-bench-"));
  try {
    const made = resolve(process.env.RECORTE_BENCH_DATA || "data/bench", file);
    if (!existsSync(made)) throw new Error(`Cannot find ${made}: make it with \`npm run bench:data\``);
    const env = { ...process.env, PORT: "0", RECORTE_DATA: join(folder, "data"), RECORTE_LOG: "none" };
    delete env.RECORTE_BENCH_DATA;
    // The release of computed images takes any tile whose name has its form.
    const tile = join(folder, "SIM0356-5248_g.fits.fz");
    copyFileSync(made, tile);
    execFileSync(process.execPath, [RECORTE, "ingest", "sim_sample", tile], { env, stdio: "inherit" });
    await benchmark({ folder, env, center: centerOfTile(tile, env) });
  } catch (error) {
    console.error(`bench: ${error.message}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As Markdown. */
export function tableOf(rows) {
  const [heading, ...others] = rows;
  return [heading, heading.map(() => "---"), ...others].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
