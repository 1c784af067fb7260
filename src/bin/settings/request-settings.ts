import { bytes, integer, seconds } from "../setting-types.ts";
import { required } from "./setting.ts";

/** Of requests that are answered at once. */
export const REQUEST_SETTINGS = {
  syncMaxPixels: required({
    variable: "RECORTE_SYNC_MAX_PIXELS",
    parse: integer(1, 2 ** 40),
    fallback: "100000000",
    explanation: "Pixels of one synchronous cutout, over all its images",
  }),
  syncTimeoutSeconds: required({
    variable: "RECORTE_SYNC_TIMEOUT",
    parse: seconds(0.1, 86400),
    fallback: "300",
    explanation: "Seconds that one synchronous cutout may take",
  }),
  syncMaxSeconds: required({
    variable: "RECORTE_SYNC_MAX_SECONDS",
    parse: seconds(0.1, 86400),
    fallback: "60",
    explanation: "Seconds that a synchronous cutout may be expected to take; what takes longer is asked for as a job",
  }),
  queryDefaultRecords: required({
    variable: "RECORTE_QUERY_RECORDS",
    parse: integer(1, 10_000_000),
    fallback: "10000",
    explanation: "Rows of an answer of /query where MAXREC does not say",
  }),
  queryMaxRecords: required({
    variable: "RECORTE_QUERY_MAX_RECORDS",
    parse: integer(1, 10_000_000),
    fallback: "100000",
    explanation: "Rows that MAXREC may ask for",
  }),
  queryTimeoutSeconds: required({
    variable: "RECORTE_QUERY_TIMEOUT",
    parse: seconds(0.1, 86400),
    fallback: "30",
    explanation: "Seconds that a search may take until its first row",
  }),
  waitMaxSeconds: required({
    variable: "RECORTE_WAIT_MAX",
    parse: integer(1, 3600),
    fallback: "60",
    explanation: "Seconds that a job's WAIT may hold a request; clients ask again",
  }),
  waitMaxRequests: required({
    variable: "RECORTE_WAIT_REQUESTS",
    parse: integer(1, 1_000_000),
    fallback: "200",
    explanation:
      "Requests of one user that wait for a job or follow its events, at one process; nobody's count as one user's",
  }),
  listMaxBytes: required({
    variable: "RECORTE_LIST_MAX",
    parse: bytes(1024),
    fallback: "32MiB",
    explanation: "Bytes of a list of positions",
  }),
  historyDays: required({
    variable: "RECORTE_HISTORY_DAYS",
    parse: integer(1, 36_500),
    fallback: "90",
    explanation: "Days that synchronous requests are kept on record",
  }),
};
