import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export type SeenByUpstream = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders };

/** In place of the service: notes what comes through nginx, and answers as the test wants. */
export type Upstream = {
  readonly port: number;
  readonly server: Server;
  readonly seen: SeenByUpstream[];
  answer: RequestListener;
  close(): Promise<void>;
};

export async function startUpstream(): Promise<Upstream> {
  const seen: SeenByUpstream[] = [];
  const server = createServer((incoming, outgoing) => {
    seen.push({ method: incoming.method ?? "", url: incoming.url ?? "", headers: incoming.headers });
    upstream.answer(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: Upstream = {
    port: (server.address() as AddressInfo).port,
    server,
    seen,
    answer: (_, outgoing) => outgoing.end("served"),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return upstream;
}
