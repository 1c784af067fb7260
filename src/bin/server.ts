import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { ServiceError } from "../errors.ts";
import { createCutoutApp } from "../http/cutout-app.ts";
import { pooledResponseClass } from "./byte-pool.ts";
import { startCollector } from "./collector.ts";
import type { Configuration } from "./configuration.ts";
import { createCutoutAppServices } from "./cutout-app-services.ts";
import { createJobServices } from "./job-services.ts";
import { answerRequestError, refuseBrokenRequests, withHost } from "./refuse-requests.ts";
import { createServices, type Services } from "./services.ts";

export type RunningServer = {
  readonly services: Services;
  /** Of the cutout service: by its own name and by the bare host. */
  readonly urls: readonly string[];
  /** Takes no new requests, lets those under way end for as long as the configuration allows, then gives all back. */
  close(): Promise<void>;
};

const SAVE_INDICES_MILLISECONDS = 5 * 60 * 1000;

/** Listens where the configuration says. "unavailable" where the port is taken. */
export async function startServer(configuration: Configuration): Promise<RunningServer> {
  const services = await createServices(configuration);
  const jobServices = createJobServices(configuration, services);
  const { services: appServices, history, drain } = createCutoutAppServices(configuration, services, jobServices);
  const app = createCutoutApp(appServices);
  const listener = getRequestListener(app.fetch, { hostname: "localhost", errorHandler: answerRequestError });
  const ServerResponse = pooledResponseClass(services.sentBytes);
  const server = createServer(
    { ServerResponse, ...limitsOfRequests(configuration) },
    withHost((incoming, outgoing) => void listener(incoming, outgoing)),
  );
  refuseBrokenRequests(server);
  try {
    await listen(server, configuration);
  } catch (error) {
    jobServices.close();
    await services.close();
    throw error;
  }
  // A crash loses what was indexed since: time, and nothing else.
  const saving = setInterval(() => void services.saveIndices(), SAVE_INDICES_MILLISECONDS).unref();
  const worker = configuration.jobWorkers > 0 ? jobServices.startWorker(configuration.jobWorkers) : null;
  const collector = startCollector(configuration, { ...jobServices, now: () => Date.now() });
  const { port } = server.address() as AddressInfo;
  return {
    services,
    urls: urlsOf(configuration, port),
    async close() {
      clearInterval(saving);
      drain();
      await Promise.all([worker?.stop(), collector?.stop(), closeServer(server, configuration.shutdownTimeoutSeconds)]);
      await waitUntil(() => services.images.inUse === 0, ENDING_MILLISECONDS);
      history.close();
      jobServices.close();
      await services.close();
    },
  };
}

const MOST_HEADERS_MILLISECONDS = 20_000;

/** What trickles in holds a connection. It is looked for four times in the time that it has. */
function limitsOfRequests({ requestTimeoutSeconds }: Configuration) {
  const requestTimeout = requestTimeoutSeconds * 1000;
  const headersTimeout = Math.min(MOST_HEADERS_MILLISECONDS, requestTimeout);
  const connectionsCheckingInterval = headersTimeout / 4;
  return { requestTimeout, headersTimeout, connectionsCheckingInterval, requireHostHeader: false }; // see `withHost`
}

function listen(server: Server, { host, port }: Configuration): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "EADDRINUSE" ? "the port is in use; set PORT to another" : (cause.code ?? "failed");
      reject(new ServiceError("unavailable", `Cannot listen on ${host}:${port}: ${reason}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

/** Idle connections go at once; those with a request under way get `seconds`. */
async function closeServer(server: Server, seconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // One whose request has ended would be kept for the client's next.
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  await closed;
  clearInterval(closing);
  clearTimeout(timer);
}

/** Requests whose connections were closed just now end soon after, and are still written down. */
const ENDING_MILLISECONDS = 1000;

async function waitUntil(condition: () => boolean, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  do await new Promise((resolve) => setTimeout(resolve, 5));
  while (!condition() && performance.now() < end);
}

function urlsOf({ host, domain }: Configuration, port: number): string[] {
  const address = host.includes(":") ? `[${host}]` : host;
  const names = domain === "localhost" ? ["cutout.localhost", "localhost"] : [`cutout.${domain}`, address];
  return names.map((name) => `http://${name}:${port}`);
}
