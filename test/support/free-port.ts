import { createServer } from "node:net";

/**
 * Below what systems give to whoever asks for any port (Linux: 32768 and above), so that nobody gets one of these by chance
 * between now and the start of the program that it is for. Each process of the tests begins elsewhere.
 */
const [FIRST, COUNT] = [12_000, 20_000];
let next = (process.pid * 37) % COUNT;

/** A port of 127.0.0.1 where nobody listens, for a program that cannot choose one itself; another at each call. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error("There is no free port");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
