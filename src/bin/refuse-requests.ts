import { STATUS_CODES, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { RequestError } from "@hono/node-server";

/**
 * Gives a text to what never becomes a request of the application: what is no HTTP, too long or too slow, goes to an address
 * that is none, or asks for a tunnel. Node would answer with the status alone.
 */
export function refuseBrokenRequests(server: Server): void {
  const underWay = new WeakMap<Duplex, ServerResponse[]>();
  server.prependListener("request", (incoming, response) => {
    const before = underWay.get(incoming.socket);
    if (before === undefined) incoming.socket.once("close", () => setImmediate(closeThose, incoming.socket));
    // One at a time, but for clients that send the next request before they have the answer.
    if (before?.length === 1 && before[0].closed) before[0] = response;
    else underWay.set(incoming.socket, [...(before ?? []).filter(({ closed }) => !closed), response]);
    if (hasBody(incoming)) response.once("finish", () => passOver(incoming));
  });
  /**
   * Node tells of a connection that is gone to the answer that it was sending, and not to those of requests that the client
   * had sent ahead; nobody would give back what these hold.
   */
  function closeThose(socket: Duplex): void {
    for (const response of underWay.get(socket) ?? []) if (!response.closed) response.emit("close");
  }
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // In the middle of an answer a text would be taken for a part of it.
    const isAnswering = underWay.get(socket)?.some(({ headersSent, closed }) => headersSent && !closed) ?? false;
    if (isAnswering || !socket.writable) socket.destroy();
    else refuse(socket, ...(BROKEN[error.code ?? ""] ?? NO_HTTP));
  });
  server.on("connect", (_, socket) => {
    socket.on("error", () => undefined); // it is reset
    refuse(socket, 405, "Cannot CONNECT: there is no way through this service", "Allow: GET, HEAD, POST\r\n");
  });
  server.on("checkExpectation", ({ headers: { expect = "" } }: IncomingMessage, response: ServerResponse) => {
    answer(response, 417, `Cannot meet Expect ${JSON.stringify(expect.slice(0, 100))}: it takes 100-continue`);
  });
}

/** RFC 9112, section 6: these two headers tell that there is one. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** HTTP/1.1 has to name a host (RFC 9112, section 3.2); before it there were none. */
export function withHost(listener: RequestListener): RequestListener {
  return (incoming, outgoing) => {
    if (incoming.headers.host !== undefined || incoming.httpVersion === "1.0") return listener(incoming, outgoing);
    answer(outgoing, 400, "Cannot read the request: it needs a Host header");
  };
}

/** The answer to a request whose address cannot be read. Other errors are answered where they happen. */
export function answerRequestError(error: unknown): Response {
  if (!(error instanceof RequestError)) return textOf(500, "Error: The service failed");
  return textOf(400, "UsageError: Cannot read the request: its address or its Host header is damaged");
}

const NO_HTTP = [400, "Cannot read the request: it is no HTTP"] as const;
const BROKEN: Readonly<Record<string, readonly [status: number, text: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    "Cannot read the request: its address and headers have more than 16 KiB; long values go into a form, by POST",
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "Cannot read the body: its chunks have too many extensions"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Cannot wait for the request any longer: it came too slowly"],
};

function textOf(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "Content-Type": "text/plain; charset=utf-8" } });
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  response.end(`UsageError: ${text}\n`);
}

/**
 * Where there is no response to write to. What the client still sends is read for a moment, else the system would reset the
 * connection and the text be lost; then it ends, whatever the client does: nobody else looks after it.
 */
function refuse(socket: Duplex, status: number, text: string, headers = ""): void {
  const body = `UsageError: ${text}\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\nConnection: close\r\n${headers}`;
  socket.end(`${head}Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), LINGER_MILLISECONDS);
  socket.once("end", () => socket.destroy()).once("close", () => clearTimeout(timer));
  socket.resume();
}

const LINGER_MILLISECONDS = 500;
const MOST_PASSED_OVER_BYTES = 4 * 1024 * 1024;

/**
 * What is left of a body that was answered already: node reads it and throws it away, so that the client reads the answer.
 * A little of it; then the connection ends.
 */
function passOver(incoming: IncomingMessage): void {
  const { socket } = incoming;
  const mostBytes = socket.bytesRead + MOST_PASSED_OVER_BYTES;
  const end = performance.now() + LINGER_MILLISECONDS;
  const look = () => {
    if (incoming.complete || socket.destroyed) clearInterval(timer);
    else if (socket.bytesRead > mostBytes || performance.now() > end) socket.destroy();
  };
  const timer = incoming.complete ? undefined : setInterval(look, LINGER_MILLISECONDS / 50);
}
