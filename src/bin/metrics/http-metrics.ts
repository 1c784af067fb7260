import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { CountedRequest } from "../../http/metrics.ts";
import { SizeSummary } from "./size-summary.ts";

/** Seconds. As prometheus-fastapi-instrumentator has them, whose names dashboards of DSA-110 know. */
const DURATION_BUCKETS = [0.1, 0.5, 1];
const HIGHR_BUCKETS = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60,
];
/** Small cutouts that are in memory take a millisecond. */
const FIRST_BYTE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type HttpMetrics = {
  readonly countRequest: (request: CountedRequest) => void;
  readonly addOpenAnswers: (change: 1 | -1) => void;
};

/** What is counted of every request of one service. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests by route, method and class of their status",
    labelNames: ["handler", "method", "status"],
    registers,
  });
  const requestSizes = new SizeSummary({
    name: "http_request_size_bytes",
    help: "Bytes of the bodies of requests, as they declare them",
    registers,
  });
  const responseSizes = new SizeSummary({
    name: "http_response_size_bytes",
    help: "Bytes of the bodies of answers, as far as they were sent",
    registers,
  });
  const durations = new Histogram({
    name: "http_request_duration_seconds",
    help: "From a request to the last byte of its answer, in few buckets",
    labelNames: ["handler", "method"],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const highr = new Histogram({
    name: "http_request_duration_highr_seconds",
    help: "From a request to the last byte of its answer, over all routes",
    buckets: HIGHR_BUCKETS,
    registers,
  });
  const firstBytes = new Histogram({
    name: "recorte_first_byte_seconds",
    help: "From a request to the first byte of its answer's body",
    labelNames: ["handler"],
    buckets: FIRST_BYTE_BUCKETS,
    registers,
  });
  let sentBytes = 0;
  new Counter({
    name: "recorte_sent_bytes_total",
    help: "Bytes of the bodies of answers, as far as they were sent",
    registers,
    collect() {
      this.reset();
      this.inc(sentBytes);
    },
  });
  const answers = { open: 0 };
  new Gauge({
    name: "recorte_open_streams",
    help: "Answers on their way to a client",
    registers,
    collect() {
      this.set(answers.open);
    },
  });

  return {
    countRequest({ handler, method, status, seconds, firstByteSeconds, requestBytes, responseBytes }) {
      const known = METHODS.has(method) ? method : "other";
      requests.inc({ handler, method: known, status: classOf(status) });
      requestSizes.add(handler, requestBytes);
      responseSizes.add(handler, responseBytes);
      durations.observe({ handler, method: known }, seconds);
      highr.observe(seconds);
      if (firstByteSeconds !== null) firstBytes.observe({ handler }, firstByteSeconds);
      sentBytes += responseBytes;
    },
    addOpenAnswers(change) {
      answers.open += change;
    },
  };
}

/** Of others a client may think out as many as node:http knows. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

const CLASSES = ["", "1xx", "2xx", "3xx", "4xx", "5xx"];

function classOf(status: number): string {
  return CLASSES[Math.floor(status / 100)] ?? "5xx";
}
