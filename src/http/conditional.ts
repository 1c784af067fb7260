export type Verdict = "proceed" | "not-modified" | "failed";

/**
 * What a conditional request asks of an answer with this strong ETag (RFC 9110, section 13.2.2). The dates count only
 * where an instant is given: milliseconds since 1970, of the last change.
 */
export function evaluatePreconditions(request: Headers, etag: string, modifiedAt?: number): Verdict {
  const ifMatch = request.get("if-match");
  if (ifMatch !== null && !listsTag(ifMatch, etag, { weak: false })) return "failed";
  if (ifMatch === null && isLater(modifiedAt, request.get("if-unmodified-since"))) return "failed";
  const ifNoneMatch = request.get("if-none-match");
  if (ifNoneMatch !== null && listsTag(ifNoneMatch, etag, { weak: true })) return "not-modified";
  const since = ifNoneMatch === null ? request.get("if-modified-since") : null;
  if (isLater(modifiedAt, since) === false) return "not-modified";
  return "proceed";
}

/** Weak comparison ignores the W/ prefix; strong comparison never matches a weak tag (section 8.8.3.2). */
function listsTag(list: string, etag: string, { weak }: { weak: boolean }): boolean {
  if (list.trim() === "*") return true;
  for (const [, prefix, tag] of list.matchAll(/(W\/)?("[^"]*")/g)) {
    if (tag === etag && (weak || prefix === undefined)) return true;
  }
  return false;
}

/** In whole seconds, as Last-Modified tells them; undefined where there is nothing to compare. */
function isLater(modifiedAt: number | undefined, date: string | null): boolean | undefined {
  const instant = date === null ? NaN : Date.parse(date);
  if (modifiedAt === undefined || Number.isNaN(instant)) return undefined;
  return Math.floor(modifiedAt / 1000) > Math.floor(instant / 1000);
}
