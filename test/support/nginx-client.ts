import { request as plainRequest, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIP } from "node:net";
import type { NginxFront } from "./nginx-front.ts";

export type FrontRequest = {
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Uint8Array;
  readonly tls?: boolean;
  /** Another address of this machine, 127.0.0.0/8, to come from. */
  readonly from?: string;
};

export type FrontAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
};

/** A request to nginx over a connection of its own, by a name that no DNS knows; nothing is followed or decoded. */
export async function ask(front: NginxFront, request: FrontRequest = {}): Promise<FrontAnswer> {
  const answer = await open(front, request);
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  const body = Buffer.concat(pieces);
  return { status: answer.statusCode ?? 0, headers: answer.headers, body, text: body.toString() };
}

/** Its head, as soon as that has come; the body is the caller's to read or to destroy. */
export function open(front: NginxFront, request: FrontRequest = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    start(front, request).on("response", resolve).on("error", reject).end(request.body);
  });
}

/** A request whose body is the caller's to send. */
export function start(front: NginxFront, request: FrontRequest = {}): ClientRequest {
  const { host = "cutout.example.org", path = "/", method = "GET", headers = {}, tls = false, from } = request;
  const to = { host: "127.0.0.1", path, method, agent: false, localAddress: from, headers: { Host: host, ...headers } };
  if (!tls) return plainRequest({ ...to, port: front.port });
  return tlsRequest({ ...to, port: front.tlsPort, servername: isIP(host) ? "" : host, ca: front.certificate });
}
