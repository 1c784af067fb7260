import { connect } from "node:net";

/** A request as bytes: nothing of it need be right. */
export type RawRequest = {
  readonly method: string;
  /** What stands between the method and the protocol. */
  readonly target: string;
  readonly protocol?: string;
  /** In this order, as they are; one character a byte. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
};

export type RawAnswer = {
  /** null: nothing came back that is an answer. */
  readonly status: number | null;
  /** Names in lower case; several values of one name are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Without the framing of chunks. */
  readonly body: Uint8Array;
  readonly text: string;
  /** All that its length, or its last chunk, promised has come; what ends with the connection counts as whole. */
  readonly isWhole: boolean;
  readonly milliseconds: number;
};

export function formatRequest({ method, target, protocol = "HTTP/1.1", headers, body }: RawRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${target} ${protocol}\r\n${lines}\r\n`, "latin1"), body ?? Buffer.of()]);
}

/**
 * Sends it over a connection of its own, and takes what comes back until that is whole or the connection ends. `halfClose`:
 * says with the last byte that there are no more. `untilBody`: goes away once the first bytes of a body are there. Rejects
 * where nothing has ended after `seconds`.
 */
export function sendRaw(
  port: number,
  request: Buffer,
  {
    seconds = 10,
    halfClose = false,
    untilBody = false,
    isHead = false,
    host = "127.0.0.1",
  }: { seconds?: number; halfClose?: boolean; untilBody?: boolean; isHead?: boolean; host?: string } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const pieces: Buffer[] = [];
    const socket = connect({ port, host, allowHalfOpen: true });
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...parseAnswer(Buffer.concat(pieces), isHead), milliseconds: performance.now() - started });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`No end after ${seconds} seconds: ${Buffer.concat(pieces).toString("latin1").slice(0, 300)}`));
    }, seconds * 1000);
    socket.on("data", (piece) => {
      pieces.push(piece);
      if (untilBody && parseAnswer(Buffer.concat(pieces), isHead).body.length > 0) finish();
    });
    socket.on("error", () => undefined); // a connection that is reset is closed as well
    socket.on("end", finish).on("close", finish);
    if (halfClose) socket.end(request);
    else socket.write(request);
  });
}

function parseAnswer(bytes: Buffer, isHead: boolean): Omit<RawAnswer, "milliseconds"> {
  let from = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n\r\n", from);
    const head = bytes.toString("latin1", from, Math.max(from, end));
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? NaN);
    if (end === -1 || Number.isNaN(status)) return NO_ANSWER;
    from = end + 4;
    if (status === 100) continue; // the server waits for the body: its answer is what comes after
    const headers: Record<string, string> = {};
    for (const line of head.split("\r\n").slice(1)) {
      const [, name, value] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
      if (name === undefined) continue;
      const key = name.toLowerCase();
      headers[key] = Object.hasOwn(headers, key) ? `${headers[key]}, ${value}` : value;
    }
    const hasBody = !isHead && status !== 204 && status !== 304;
    const { body, isWhole } = hasBody ? readBody(bytes.subarray(from), headers) : { body: Buffer.of(), isWhole: true };
    return { status, headers, body, text: body.toString(), isWhole };
  }
}

const NO_ANSWER = { status: null, headers: {}, body: new Uint8Array(), text: "", isWhole: false };

function readBody(bytes: Buffer, headers: Readonly<Record<string, string>>): { body: Buffer; isWhole: boolean } {
  if (headers["transfer-encoding"] === "chunked") return readChunks(bytes);
  const length = headers["content-length"];
  if (length === undefined) return { body: bytes, isWhole: true };
  return { body: bytes.subarray(0, Number(length)), isWhole: bytes.length >= Number(length) };
}

function readChunks(bytes: Buffer): { body: Buffer; isWhole: boolean } {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf("\r\n", at);
    const length = end === -1 ? NaN : parseInt(bytes.toString("latin1", at, end), 16);
    if (Number.isNaN(length) || length === 0) return { body: Buffer.concat(chunks), isWhole: length === 0 };
    chunks.push(bytes.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
    if (at > bytes.length) return { body: Buffer.concat(chunks), isWhole: false };
  }
}
