import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Bytes that had left when they were counted last, and when that number was new. */
type Progress = { sentBytes: number; since: number };

/** Looks so often in the time that clients have. */
const LOOKS = 4;

/**
 * Ends connections of which something is to be sent, and nothing has left for so long, or a quarter longer, whatever the
 * client sends meanwhile. Node's own time limit starts again with each byte in either direction. Pieces are of a megabyte,
 * and the system tells of room for them in steps of nearly as much: 2 MB in that time are enough.
 */
export function dropStalledClients(server: Server, milliseconds: number): void {
  const connections = new Map<Socket, Progress>();
  server.on("connection", (socket: Socket) => {
    connections.set(socket, { sentBytes: 0, since: performance.now() });
    socket.once("close", () => connections.delete(socket));
  });
  const looking = setInterval(() => {
    const now = performance.now();
    for (const [socket, progress] of connections) {
      const waiting = socket.writableLength;
      const sentBytes = socket.bytesWritten - waiting;
      if (waiting === 0 || sentBytes !== progress.sentBytes) Object.assign(progress, { sentBytes, since: now });
      else if (now - progress.since >= milliseconds) socket.destroy();
    }
  }, milliseconds / LOOKS);
  looking.unref();
  server.once("close", () => clearInterval(looking));
}
