import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the server does wrong. A fault is used up by the request it meets. */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly head?: true;
    }
  /** 200 and the whole file, without an end if `endless`. */
  | { readonly kind: "whole"; readonly endless?: true }
  /** Announces the range, sends `length` bytes of it and breaks the connection. */
  | { readonly kind: "cut"; readonly length: number }
  /** Announces and sends `length` bytes, whatever was asked. */
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "headers"; readonly headers: Record<string, string | undefined> }
  /** Takes the request and breaks the connection. */
  | { readonly kind: "reset" }
  /** Sends `length` bytes of the body, or not even a header when it is undefined, and then nothing. */
  | { readonly kind: "stall"; readonly length?: number };

export type SeenRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
};

export type RangeServer = {
  readonly origin: string;
  /** Requests in order. */
  readonly seen: readonly SeenRequest[];
  /** Most requests under way at once. */
  readonly mostAtOnce: number;
  readonly connections: number;
  /** Resolves when a client has broken an answer off before its end. */
  readonly brokenOff: Promise<void>;
  put(name: string, bytes: Uint8Array, headers?: Record<string, string>): void;
  remove(name: string): void;
  /** The next requests meet these, in this order. */
  fail(...faults: Fault[]): void;
  /** Requests wait, from now until the returned function is called. */
  hold(): () => void;
  /** Resolves when so many requests have come since the start. */
  requests(count: number): Promise<void>;
  /** Honour If-Match and If-Unmodified-Since. Default true. */
  obeyConditions: boolean;
  close(): Promise<void>;
};

type StoredFile = { readonly bytes: Uint8Array; readonly headers: Record<string, string> };

/** A small HTTP server of byte ranges on a loopback port, with an ETag a version, that fails to order. */
export async function startRangeServer(): Promise<RangeServer> {
  const files = new Map<string, StoredFile>();
  const faults: Fault[] = [];
  const seen: SeenRequest[] = [];
  const counts = { underWay: 0, mostAtOnce: 0, connections: 0, versions: 0 };
  let gate: Promise<void> = Promise.resolve();
  let arrivals: { count: number; resolve: () => void }[] = [];

  let breakOff = () => {};
  const brokenOff = new Promise<void>((resolve) => (breakOff = resolve));

  const server = createServer((request, response) => {
    seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    arrivals = arrivals.filter(({ count, resolve }) => seen.length < count || void resolve());
    counts.underWay++;
    counts.mostAtOnce = Math.max(counts.mostAtOnce, counts.underWay);
    response.once("close", () => {
      counts.underWay--;
      if (!response.writableFinished) breakOff();
    });
    void gate.then(() => answer(request, response));
  });
  server.on("connection", () => counts.connections++);

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const fault = faults.shift();
    if (fault?.kind === "reset") return void request.socket.destroy();
    if (fault?.kind === "stall" && fault.length === undefined) return;
    if (fault?.kind === "status") return void response.writeHead(fault.status, fault.headers).end();

    const file = files.get(new URL(request.url ?? "/", "http://x").pathname.slice(1));
    if (file === undefined) return void response.writeHead(404).end();
    const total = file.bytes.byteLength;
    const headers: Record<string, string | undefined> = { ...file.headers };
    if (server_.obeyConditions && !conditionsHold(request, headers)) return void response.writeHead(412).end();
    if (fault?.kind === "whole" || request.headers.range === undefined) {
      response.writeHead(200, {
        ...defined(headers),
        "content-length": fault?.kind === "whole" && fault.endless ? 2 ** 40 : total,
      });
      if (fault?.kind === "whole" && fault.endless) return sendForever(response);
      return send(response, file.bytes);
    }
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    const [start, last] = [Number(match?.[1]), Math.min(Number(match?.[2]), total - 1)];
    if (match === null || start >= total) {
      return void response.writeHead(416, { "content-range": `bytes */${total}` }).end();
    }
    let body = file.bytes.subarray(start, last + 1);
    headers["content-range"] = `bytes ${start}-${last}/${total}`;
    if (fault?.kind === "length") body = Buffer.concat([body, Buffer.alloc(fault.length)]).subarray(0, fault.length);
    headers["content-length"] = String(body.byteLength);
    if (fault?.kind === "headers") Object.assign(headers, fault.headers);
    response.writeHead(206, defined(headers));
    if (fault?.kind === "cut" || fault?.kind === "stall") {
      response.write(body.subarray(0, fault.length), () => {
        if (fault.kind === "cut") request.socket.destroy();
      });
      return;
    }
    send(response, body);
  }

  function send(response: ServerResponse, body: Uint8Array): void {
    response.end(body);
  }

  function sendForever(response: ServerResponse): void {
    const chunk = Buffer.alloc(1 << 16);
    const more = () => {
      while (!response.destroyed) {
        if (!response.write(chunk)) return;
      }
    };
    response.on("drain", more);
    more();
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const server_: RangeServer = {
    origin: `http://127.0.0.1:${port}`,
    seen,
    get mostAtOnce() {
      return counts.mostAtOnce;
    },
    get connections() {
      return counts.connections;
    },
    brokenOff,
    obeyConditions: true,
    put(name, bytes, headers) {
      files.set(name, { bytes, headers: headers ?? { etag: `"v${++counts.versions}"` } });
    },
    remove: (name) => void files.delete(name),
    fail: (...more) => void faults.push(...more),
    hold() {
      let open = () => {};
      gate = new Promise((resolve) => (open = resolve));
      return open;
    },
    requests: (count) =>
      new Promise((resolve) => {
        if (seen.length >= count) resolve();
        else arrivals.push({ count, resolve });
      }),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return server_;
}

function conditionsHold(request: IncomingMessage, headers: Record<string, string | undefined>): boolean {
  const match = request.headers["if-match"];
  if (match !== undefined) return match === headers["etag"];
  const since = request.headers["if-unmodified-since"];
  const modified = headers["last-modified"];
  return since === undefined || modified === undefined || Date.parse(modified) <= Date.parse(since);
}

function defined(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
