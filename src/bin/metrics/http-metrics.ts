import { Counter, Gauge, type Registry } from "prom-client";
import type { CountedRequest } from "../../http/metrics.ts";
import { KeptHistogram, type Observations } from "./kept-histogram.ts";
import { SizeSummary, type Sizes } from "./size-summary.ts";

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
  const handlers = new Map<string, CountedHandler>();
  new Counter({
    name: "http_requests_total",
    help: "Requests by route, method and class of their status",
    labelNames: ["handler", "method", "status"],
    registers,
    collect() {
      this.reset();
      for (const [handler, { methods }] of handlers) {
        for (const [method, { byClass }] of methods) {
          for (const [index, count] of byClass.entries()) {
            if (count > 0) this.inc({ handler, method, status: CLASSES[index] }, count);
          }
        }
      }
    },
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
  const durations = new KeptHistogram({
    name: "http_request_duration_seconds",
    help: "From a request to the last byte of its answer, in few buckets",
    labelNames: ["handler", "method"],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const highr = new KeptHistogram({
    name: "http_request_duration_highr_seconds",
    help: "From a request to the last byte of its answer, over all routes",
    buckets: HIGHR_BUCKETS,
    registers,
  });
  const firstBytes = new KeptHistogram({
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

  const highrSeconds = highr.under({});

  function handlerOf(handler: string): CountedHandler {
    let counted = handlers.get(handler);
    if (counted === undefined) {
      counted = {
        requestSizes: requestSizes.under(handler),
        responseSizes: responseSizes.under(handler),
        firstByteSeconds: firstBytes.under({ handler }),
        methods: new Map(),
      };
      handlers.set(handler, counted);
    }
    return counted;
  }

  function methodOf({ methods }: CountedHandler, handler: string, method: string): CountedMethod {
    let counted = methods.get(method);
    if (counted === undefined) {
      counted = { byClass: new Float64Array(CLASSES.length), seconds: durations.under({ handler, method }) };
      methods.set(method, counted);
    }
    return counted;
  }

  return {
    countRequest({ handler, method, status, seconds, firstByteSeconds, requestBytes, responseBytes }) {
      const ofHandler = handlerOf(handler);
      const ofMethod = methodOf(ofHandler, handler, METHODS.has(method) ? method : "other");
      ofMethod.byClass[classOf(status)]++;
      ofMethod.seconds.observe(seconds);
      ofHandler.requestSizes.add(requestBytes);
      ofHandler.responseSizes.add(responseBytes);
      highrSeconds.observe(seconds);
      if (firstByteSeconds !== null) ofHandler.firstByteSeconds.observe(firstByteSeconds);
      sentBytes += responseBytes;
    },
    addOpenAnswers(change) {
      answers.open += change;
    },
  };
}

/** What is counted of a route and, in `methods`, of one method of it. Looked up once a request. */
type CountedHandler = {
  readonly requestSizes: Sizes;
  readonly responseSizes: Sizes;
  readonly firstByteSeconds: Observations;
  readonly methods: Map<string, CountedMethod>;
};

type CountedMethod = {
  /** Requests by class of their status: see `CLASSES`. */
  readonly byClass: Float64Array;
  readonly seconds: Observations;
};

/** Of others a client may think out as many as node:http knows. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

const CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/** Index in `CLASSES`. */
function classOf(status: number): number {
  return Math.min(Math.max(Math.floor(status / 100), 1), CLASSES.length) - 1;
}
