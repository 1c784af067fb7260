import { createServer, ServerResponse, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { ServiceError } from "../errors.ts";
import { createHostRouter } from "../http/host-router.ts";
import type { ServiceName } from "../http/service-names.ts";
import { pooledResponseClass } from "./byte-pool.ts";
import type { Configuration } from "./configuration.ts";
import type { CutoutService } from "./cutout-service.ts";
import { observedResponseClass } from "./observed-response.ts";
import { patientResponseClass } from "./patient-response.ts";
import { answerRequestError, refuseBrokenRequests, withHost } from "./refuse-requests.ts";
import type { RunningService } from "./running-service.ts";
import type { Services } from "./services.ts";
import { dropStalledClients } from "./stalled-clients.ts";
import { openSharedServices, type SharedServices } from "./shared-services.ts";

export type RunningServer = {
  /** Of the cutout service; "internal" where this process has none. */
  readonly services: Services;
  /** Of each service by its own name, then of the first of them by the bare host. */
  readonly urls: readonly string[];
  /** Takes no new requests, lets those under way end for as long as the configuration allows, then gives all back. */
  close(): Promise<void>;
};

/** Listens where the configuration says, for the services that it names. "unavailable" where the port is taken. */
export async function startServer(configuration: Configuration): Promise<RunningServer> {
  const shared = openSharedServices(configuration);
  const opened = new Map<ServiceName, RunningService>();
  try {
    return await startServices(configuration, shared, opened);
  } catch (error) {
    await Promise.all([...opened.values()].map((service) => service.close()));
    shared.close();
    throw error;
  }
}

async function startServices(
  configuration: Configuration,
  shared: SharedServices,
  opened: Map<ServiceName, RunningService>,
): Promise<RunningServer> {
  let cutout: CutoutService | null = null;
  // Only those that are asked for, and their modules: signing in needs no decoder, and cutting no SAML.
  for (const name of configuration.services) {
    if (name === "cutout") {
      const { openCutoutService } = await import("./cutout-service.ts");
      opened.set(name, (cutout = await openCutoutService(configuration, shared)));
    } else {
      const { openAuthService } = await import("./auth-service.ts");
      opened.set(name, await openAuthService(configuration, shared));
    }
  }
  const services = [...opened.values()];
  const server = createHttpServer(configuration, opened, cutout);
  await listen(server, configuration);
  try {
    for (const service of services) service.start();
    shared.access.startPruning();
  } catch (error) {
    // `startServer` closes the services; what listens would keep the process.
    await Promise.all([...services.map((service) => service.stop()), closeServer(server, 0)]);
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    get services() {
      if (cutout === null) throw new ServiceError("internal", "This process has no cutout service");
      return cutout.services;
    },
    urls: urlsOf(configuration, port),
    async close() {
      for (const service of services) service.drain();
      const stopping = services.map((service) => service.stop());
      await Promise.all([...stopping, closeServer(server, configuration.shutdownTimeoutSeconds)]);
      await waitUntil(() => services.every((service) => service.isIdle()), ENDING_MILLISECONDS);
      await Promise.all(services.map((service) => service.close()));
      shared.close();
    },
  };
}

function createHttpServer(
  configuration: Configuration,
  opened: ReadonlyMap<ServiceName, RunningService>,
  cutout: CutoutService | null,
): Server {
  const fetches = [...opened].map(([name, service]) => [name, service.fetch] as const);
  const fetch = createHostRouter({ services: new Map(fetches), domain: configuration.domain });
  const listener = getRequestListener(fetch, { hostname: "localhost", errorHandler: answerRequestError });
  const Response = cutout === null ? ServerResponse : pooledResponseClass(cutout.services.sentBytes);
  const server = createServer(
    { ServerResponse: observedResponseClass(patientResponseClass(Response)), ...limitsOfRequests(configuration) },
    withHost((incoming, outgoing) => void listener(incoming, outgoing)),
  );
  dropStalledClients(server, configuration.sendTimeoutSeconds * 1000);
  refuseBrokenRequests(server);
  return server;
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

function urlsOf({ host, domain, services }: Configuration, port: number): string[] {
  const address = host.includes(":") ? `[${host}]` : host;
  const names = services.map((name) => `${name}.${domain}`);
  return [...names, domain === "localhost" ? domain : address].map((name) => `http://${name}:${port}`);
}
