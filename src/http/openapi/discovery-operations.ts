import { describeSiaService } from "../../ivoa/sia.ts";
import type { VoParam } from "../../ivoa/votable.ts";
import { formOf, TEXT, XML, type ApiParameter, type Operation } from "./operation.ts";

const VOTABLE = { "application/x-votable+xml": { type: "string" } };
const REFUSED = { description: "A VOTable that says UsageFault, and what would be right", content: VOTABLE };
const texts = { type: "array", items: { type: "string" } };

const SINGLE = ["MAXREC", "RESPONSEFORMAT"];
const siaQuery = describeSiaService("", {}, { maxRecords: Number.MAX_SAFE_INTEGER }).inputs.map(describeParam);

/** Each of several values of a parameter may hold (SIA 2.0, section 2.1). */
function describeParam({ name, description = "", unit, datatype, values }: VoParam): ApiParameter {
  const words = values?.options?.map(({ value }) => value) ?? [];
  const one =
    datatype === "int" ? { type: "integer" } : { type: "string", ...(words.length > 0 ? { enum: words } : {}) };
  return {
    name,
    description: unit === undefined || unit === "" ? description : `${description} (${unit})`,
    schema: SINGLE.includes(name) ? one : { type: "array", items: one },
  };
}

const LINKS_QUERY: readonly ApiParameter[] = [
  { name: "ID", description: "Publisher DIDs of images, or releases", schema: texts },
  { name: "RESPONSEFORMAT", description: "votable, or its media type", schema: { type: "string" } },
];

const query = {
  path: "/query",
  tag: "Images",
  responses: { 200: { description: "Rows of ObsCore 1.1", content: VOTABLE }, 400: REFUSED },
} as const;
const links = {
  path: "/links",
  tag: "Images",
  responses: { 200: { description: "Links of DataLink 1.1", content: VOTABLE }, 400: REFUSED },
} as const;

export const DISCOVERY_OPERATIONS: readonly Operation[] = [
  { ...query, method: "get", summary: "Find images (SIA 2.0)", query: siaQuery },
  { ...query, method: "post", summary: "Find images, with the parameters in a form", body: formOf(siaQuery) },
  {
    ...links,
    method: "get",
    summary: "What there is of an image, and how to cut it (DataLink 1.1)",
    query: LINKS_QUERY,
  },
  { ...links, method: "post", summary: "The same of many images, in a form", body: formOf(LINKS_QUERY) },
  {
    method: "get",
    path: "/capabilities",
    tag: "Service",
    summary: "What the service can do (VOSI 1.1)",
    responses: { 200: { description: "capabilities", content: XML } },
  },
  {
    method: "get",
    path: "/availability",
    tag: "Service",
    summary: "Whether it is well (VOSI 1.1)",
    responses: { 200: { description: "availability", content: XML } },
  },
  {
    method: "get",
    path: "/examples",
    tag: "Service",
    summary: "Requests that work (DALI 1.1)",
    responses: {
      200: {
        description: "A document for people and programs",
        content: { "application/xhtml+xml": { type: "string" } },
      },
      404: { description: "No image is registered", content: TEXT },
    },
  },
];
