import { execFileSync, spawn } from "node:child_process";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";

export const RECORTE = fileURLToPath(new URL("../../dist/bin/recorte.js", import.meta.url));

/** The service as `npm start` and the systemd unit start it. */
export const SERVE = ["--max-semi-space-size=8", "--use-largepages=silent", RECORTE, "serve"];

/** How far from the middle of a tile of 10 000² pixels of 0.263″ the middle of a cutout up to 600² may be to lie in it. */
export const TILE_REACH_DEGREES = (4700 * 0.263) / 3600;

/** The middle of a tile as its header tells it, degrees. */
export function centerOfTile(file, env) {
  const header = execFileSync(process.execPath, [RECORTE, "fits", file, "--hdu", "1", "--header"], {
    env,
    encoding: "utf8",
  });
  const [ra, dec] = ["CRVAL1", "CRVAL2"].map((keyword) =>
    Number(new RegExp(`^${keyword} *= *([-+.\\dE]+)`, "m").exec(header)?.[1]),
  );
  if (!Number.isFinite(ra + dec)) throw new Error(`Cannot find CRVAL1 and CRVAL2 in ${file}`);
  return { ra, dec };
}

/** `size`: of a cutout that is to lie whole in a tile of so many pixels a `side`. */
export function placeInTile({ ra, dec }, size = 600, side = 10_000) {
  const reach = (((side - size) / 2) * 0.263) / 3600;
  const y = dec + (Math.random() * 2 - 1) * reach;
  return { ra: ra + ((Math.random() * 2 - 1) * reach) / Math.cos((y * Math.PI) / 180), dec: y };
}

/** Resolves once the program has printed its address; `stop` when it has ended. */
export function startServer(args, env) {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${args[0]} did not start`)), 30_000);
    let said = "";
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const port = /http:\/\/[^/\s]*:(\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve({ url: `http://127.0.0.1:${port}`, pid: child.pid, stop: () => (child.kill(), ended) });
    });
    child.on("exit", (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
}
