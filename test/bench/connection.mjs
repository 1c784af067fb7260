import { once } from "node:events";
import { connect } from "node:net";
import { performance } from "node:perf_hooks";

/** Sockets alone: a client of HTTP takes as long as the bare server does. One request at a time; milliseconds. */
export async function openConnection(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setNoDelay();
  await once(socket, "connect");
  return {
    close: () => socket.destroy(),
    get(path) {
      return new Promise((resolve, reject) => {
        let head = "";
        let first = 0;
        let byteLength = 0;
        let missing = Infinity;
        const read = (chunk) => {
          let body = chunk.length;
          if (missing === Infinity) {
            head += chunk.toString("latin1");
            const end = head.indexOf("\r\n\r\n") + 4;
            if (end < 4 || end === head.length) return; // the head alone: its body has yet to begin
            first = performance.now() - began;
            body = head.length - end;
            byteLength = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
            if (!/^HTTP\/1.1 200/.test(head) || Number.isNaN(byteLength)) {
              return void reject(new Error(`The server answered ${head.slice(0, 300)}`));
            }
            missing = byteLength;
          }
          missing -= body;
          if (missing > 0) return;
          socket.off("data", read);
          resolve({ first, whole: performance.now() - began, byteLength });
        };
        socket.on("data", read);
        const began = performance.now();
        socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`);
      });
    },
  };
}
