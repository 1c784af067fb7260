import { escapeAttribute, escapeText } from "./xml.ts";

/** One thing that the service can do, and where. */
export type Capability = {
  /** Such as `ivo://ivoa.net/std/SODA#sync-1.0`. */
  readonly standardId: string;
  readonly accessUrl: string;
  /** full: the address as it is; base: something is appended to it, a query or a path (VOResource 1.1, section 2.2.2). */
  readonly use: "full" | "base";
  /** Of the standard, where its interface has one. */
  readonly version?: string;
  readonly description?: string;
  /** HTTP methods that take parameters; none for plain documents. */
  readonly queryTypes?: readonly ("GET" | "POST")[];
  /** Media type of the answer. */
  readonly resultType?: string;
};

/**
 * VOSI 1.1, section 2. Its elements are in no namespace, and clients look for the prefix `vs` by its letters.
 * There is no securityMethod: clients that meet one give up on tokens.
 */
export function formatCapabilities(capabilities: readonly Capability[]): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" ' +
    'xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" ' +
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n' +
    capabilities.map(formatCapability).join("") +
    "</vosi:capabilities>\n"
  );
}

function formatCapability(capability: Capability): string {
  const { standardId, accessUrl, use, version, description, queryTypes = [], resultType } = capability;
  const versionAttribute = version === undefined ? "" : ` version="${escapeAttribute(version)}"`;
  return (
    `<capability standardID="${escapeAttribute(standardId)}">\n` +
    (description === undefined ? "" : `  <description>${escapeText(description)}</description>\n`) +
    `  <interface xsi:type="vs:ParamHTTP" role="std"${versionAttribute}>\n` +
    `    <accessURL use="${use}">${escapeText(accessUrl)}</accessURL>\n` +
    queryTypes.map((queryType) => `    <queryType>${queryType}</queryType>\n`).join("") +
    (resultType === undefined ? "" : `    <resultType>${escapeText(resultType)}</resultType>\n`) +
    "  </interface>\n" +
    "</capability>\n"
  );
}
