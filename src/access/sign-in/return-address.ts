/**
 * The address that `wanted` names, where it is one of ours, and else `fallback`: nobody is sent elsewhere after a
 * sign-in by a link that somebody else made. A path is one of `base`.
 */
export function returnAddress(
  wanted: string | undefined,
  ours: { readonly base: string; readonly origins: readonly string[]; readonly fallback: string },
): string {
  if (wanted === undefined || wanted.length > MOST_LENGTH || !URL.canParse(wanted, ours.base)) return ours.fallback;
  // Read once, by the rules of browsers, and passed on as read: `//host`, `/\host` and tabs in between have no other reading.
  const url = new URL(wanted, ours.base);
  // Not url.origin: a blob: has that of the page that made it.
  const isOurs = ours.origins.some((origin) => new URL(origin).origin === `${url.protocol}//${url.host}`);
  return isOurs && url.username === "" && url.password === "" ? url.href : ours.fallback;
}

const MOST_LENGTH = 2000;
