import { describeSodaParameters } from "./soda-parameters.ts";
import { FITS, formOf, TEXT, type Operation } from "./operation.ts";

const RESPONSES = {
  200: {
    description: "The cutout, as it is decoded: Content-Length, ETag and a file name come with it",
    content: FITS,
  },
  204: { description: "No image overlaps what was asked for (SODA 1.0, section 5.1)" },
  304: { description: "The cutout is the one that If-None-Match names" },
  400: { description: "UsageError or MultiValuedParamNotSupported, and what would be right", content: TEXT },
  401: { description: "AuthenticationError: the token is not known, or has expired", content: TEXT },
  404: { description: "UsageError: the ID names nothing", content: TEXT },
  412: { description: "The cutout is not the one that If-Match names", content: TEXT },
  413: {
    description:
      "UsageError: too large or too slow for a synchronous cutout; the text says what fits, and how to ask for it as a job",
    content: TEXT,
  },
  422: { description: "UsageError: valid, and beyond this version", content: TEXT },
  500: { description: "Error: the service failed; the text names the request in the log", content: TEXT },
  503: { description: "ServiceUnavailable: trying again may help", content: TEXT },
};

const query = describeSodaParameters("sync");
const sync = { path: "/sync", tag: "Cutouts", responses: RESPONSES } as const;

export const SYNC_OPERATIONS: readonly Operation[] = [
  { ...sync, method: "get", summary: "Cut now (SODA 1.0)", query },
  { ...sync, method: "post", summary: "Cut now, with the parameters in a form", body: formOf(query) },
];
