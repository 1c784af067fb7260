import { textParam } from "./soda-descriptor.ts";
import type { ServiceResource, VoCell, VoField } from "./votable.ts";

export const LINKS_STANDARD_ID = "ivo://ivoa.net/std/DataLink#links-1.1";
/** Clients compare it letter by letter. */
export const DATALINK_MEDIA_TYPE = "application/x-votable+xml;content=datalink";

/** One row of {links} (DataLink 1.1, section 3.2): an address, a service, or why there is neither. */
export type Link = {
  /** As it was asked for. */
  readonly id: string;
  readonly target:
    | { readonly accessUrl: string }
    /** XML ID of a RESOURCE of the same document. */
    | { readonly serviceDef: string }
    | { readonly error: string };
  readonly description: string;
  /** A term of the DataLink vocabulary: `#this`. */
  readonly semantics: string;
  /** The service's own word for it. */
  readonly localSemantics?: string;
  readonly contentType?: string;
  /** Bytes. */
  readonly contentLength?: number;
  /** Whether one has to sign in for it, and whether whoever asks may have it; left out of a row about neither. */
  readonly access?: LinkAccess;
};

/** link_auth and link_authorized (DataLink 1.1, section 3.2). "optional": nobody in particular will do. */
export type LinkAccess = { readonly auth: "optional" | "true"; readonly authorized: boolean };

export const LINK_FIELDS: readonly VoField[] = [
  text("ID", "meta.id;meta.main", "The identifier that was asked for"),
  text("access_url", "meta.ref.url", "Where the data are"),
  text("service_def", "meta.ref", "XML ID of the service's description, below"),
  text("error_message", "meta.code.error", "Why there is neither"),
  text("description", "meta.note", "What it is"),
  text("semantics", "meta.code", "How it belongs to the identifier: a term of http://www.ivoa.net/rdf/datalink/core"),
  text("content_type", "meta.code.mime", "Media type"),
  {
    name: "content_length",
    datatype: "long",
    unit: "byte",
    ucd: "phys.size;meta.file",
    description: "Size, where it is known",
  },
  text("local_semantics", "meta.id.assoc", "This service's own word for it"),
  text("link_auth", "meta.code", "Whether one has to sign in: false, optional or true"),
  { name: "link_authorized", datatype: "boolean", ucd: "meta.code", description: "Whether whoever asks may have it" },
];

export function cellsOfLink(link: Link): VoCell[] {
  const { id, target, description, semantics, contentType, contentLength, localSemantics, access } = link;
  return [
    id,
    "accessUrl" in target ? target.accessUrl : null,
    "serviceDef" in target ? target.serviceDef : null,
    "error" in target ? target.error : null,
    description,
    semantics,
    contentType ?? null,
    contentLength ?? null,
    localSemantics ?? null,
    access?.auth ?? null,
    access?.authorized ?? null,
  ];
}

/** How to ask {links}: in its own answers, and in those of others, whose column has the identifiers. */
export function describeLinksService(accessUrl: string, fieldId?: string): ServiceResource {
  const params = [textParam("accessURL", accessUrl, "meta.ref.url"), textParam("standardID", LINKS_STANDARD_ID)];
  const id = { ...textParam("ID", "", "meta.id;meta.main"), description: "Publisher DID of an image, or a release" };
  const named = { params: [...params, textParam("contentType", DATALINK_MEDIA_TYPE, "meta.code.mime")] };
  if (fieldId !== undefined) {
    const description = "Everything there is of an image: the file, cutouts, further planes";
    return { ...named, utype: "adhoc:service", description, inputs: [{ ...id, ref: fieldId }] };
  }
  const format = textParam("RESPONSEFORMAT", "", "meta.code.mime");
  return {
    ...named,
    utype: "adhoc:this",
    description: "Links of images to their files and to services",
    inputs: [id, { ...format, values: { options: [{ value: "votable" }, { value: "application/x-votable+xml" }] } }],
  };
}

function text(name: string, ucd: string, description: string): VoField {
  return { name, id: name, datatype: "char", arraysize: "*", ucd, description };
}
