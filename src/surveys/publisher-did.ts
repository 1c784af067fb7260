/** `ivo://<authority>/<release>?<key>` (IVOA Identifiers 2.0: a registry part, then a local part after `?`). */
export function formatPublisherDid(authority: string, parts: DidParts): string {
  return `ivo://${authority}/${parts.release}?${parts.key}`;
}

export type DidParts = { readonly release: string; readonly key: string };

/** Null for what this authority did not publish. Compared as it is, letter by letter. */
export function parsePublisherDid(authority: string, did: string): DidParts | null {
  const prefix = `ivo://${authority}/`;
  if (!did.startsWith(prefix)) return null;
  const query = did.indexOf("?", prefix.length);
  if (query === -1) return null;
  return { release: did.slice(prefix.length, query), key: did.slice(query + 1) };
}

/** The release that an identifier names, of whatever authority: one that `parsePublisherDid` takes is of no other. */
export function releaseOfDid(did: string): string | null {
  return /^ivo:\/\/[^/]*\/([^?]+)\?/.exec(did)?.[1] ?? null;
}
