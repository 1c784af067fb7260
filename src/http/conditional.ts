/** What a conditional request asks of an answer with this strong ETag (RFC 9110, section 13.2.2). */
export function evaluatePreconditions(request: Headers, etag: string): "proceed" | "not-modified" | "failed" {
  const ifMatch = request.get("if-match");
  if (ifMatch !== null && !listsTag(ifMatch, etag, { weak: false })) return "failed";
  const ifNoneMatch = request.get("if-none-match");
  if (ifNoneMatch !== null && listsTag(ifNoneMatch, etag, { weak: true })) return "not-modified";
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
