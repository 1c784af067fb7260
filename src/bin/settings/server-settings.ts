import {
  anyText,
  authorityName,
  hostName,
  integer,
  internalFolder,
  oneOf,
  path,
  seconds,
  serviceNames,
  url,
} from "../setting-types.ts";
import { optional, required } from "./setting.ts";

/** Of the process: where it listens, where its files lie, what it tells. */
export const SERVER_SETTINGS = {
  port: required({
    variable: "PORT",
    parse: integer(0, 65535),
    fallback: "8080",
    explanation: "TCP port to listen on; 0 takes a free one",
  }),
  host: required({
    variable: "HOST",
    parse: anyText,
    fallback: "127.0.0.1",
    explanation: "Address to listen on; 0.0.0.0 for every interface",
  }),
  dataDirectory: required({
    variable: "RECORTE_DATA",
    parse: path,
    fallback: "./data",
    explanation: "Folder of the databases and results; made if it is not there",
  }),
  domain: required({
    variable: "RECORTE_DOMAIN",
    parse: hostName,
    fallback: "localhost",
    explanation: "The services answer as cutout.<domain> and auth.<domain>; one sign-in is good for all of them",
  }),
  authority: required({
    variable: "RECORTE_AUTHORITY",
    parse: authorityName,
    fallback: "localhost",
    explanation: "IVOA authority that publishes the images: identifiers are ivo://<authority>/<release>?<image>",
  }),
  services: required({
    variable: "RECORTE_SERVICES",
    parse: serviceNames,
    fallback: "cutout,auth",
    explanation: "Services of this process, of cutout and auth; what comes to any other host goes to the first",
  }),
  publicUrl: optional({
    variable: "RECORTE_PUBLIC_URL",
    parse: url,
    explanation: "Address of the cutout service as clients see it, for links in answers; else taken from the request",
  }),
  authUrl: optional({
    variable: "RECORTE_AUTH_URL",
    parse: url,
    explanation: "Address of the auth service, where users sign in, in the same way",
  }),
  accelRedirect: optional({
    variable: "RECORTE_ACCEL_REDIRECT",
    parse: internalFolder,
    explanation: "nginx sends results in our place, and calls their folder so: /-results/ (see nginx/)",
  }),
  requestTimeoutSeconds: required({
    variable: "RECORTE_REQUEST_TIMEOUT",
    parse: seconds(0.5, 3600),
    fallback: "60",
    explanation: "Seconds that a request may take to come in, with the list or form in its body",
  }),
  sendTimeoutSeconds: required({
    variable: "RECORTE_SEND_TIMEOUT",
    parse: seconds(0.5, 86400),
    fallback: "120",
    explanation: "Seconds in which a client must take 2 MB more of its answer, or the rest, or it loses the connection",
  }),
  shutdownTimeoutSeconds: required({
    variable: "RECORTE_SHUTDOWN_TIMEOUT",
    parse: seconds(0, 3600),
    fallback: "30",
    explanation: "Seconds that open requests get to end after SIGTERM",
  }),
  log: required({
    variable: "RECORTE_LOG",
    parse: oneOf(["none", "error", "info", "debug"]),
    fallback: "info",
    explanation: "How much is logged, as lines of JSON on stderr: none, error, info or debug",
  }),
  debug: required({
    variable: "RECORTE_DEBUG",
    parse: (text) => text !== "" && text !== "0",
    fallback: "",
    explanation: "1 prints the stack of an error on the command line",
  }),
};
