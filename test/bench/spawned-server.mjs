import { spawn } from "node:child_process";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";

export const RECORTE = fileURLToPath(new URL("../../dist/bin/recorte.js", import.meta.url));

/** Of the tile of make-data.c, degrees; and how far from there a cutout's middle may be to lie in it. */
export const TILE_CENTER = { ra: 59.2, dec: -52.8 };
export const TILE_REACH_DEGREES = (4700 * 0.263) / 3600;

export function placeInTile() {
  const dec = TILE_CENTER.dec + (Math.random() * 2 - 1) * TILE_REACH_DEGREES;
  const ra = TILE_CENTER.ra + ((Math.random() * 2 - 1) * TILE_REACH_DEGREES) / Math.cos((dec * Math.PI) / 180);
  return { ra, dec };
}

/** Resolves once the program has printed its address. */
export function startServer(args, env) {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${args[0]} did not start`)), 30_000);
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const port = /http:\/\/[^/\s]*:(\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve({ url: `http://127.0.0.1:${port}`, stop: () => child.kill() });
    });
    child.on("exit", (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}
