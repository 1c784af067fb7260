/** A name or address of a host, and a port; IPv6 in brackets. */
const HOST = /^(?:[a-z\d](?:[a-z\d.-]{0,253}[a-z\d])?\.?|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Of X-Forwarded-Proto, what the proxy next to us says; undefined where it is no scheme of ours. */
export function forwardedSchemeOf(header: string | undefined): "http" | "https" | undefined {
  const scheme = lastOf(header)?.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}

/** Of X-Forwarded-Host, the same; undefined where it is no host. */
export function forwardedHostOf(header: string | undefined): string | undefined {
  const host = lastOf(header);
  return host !== undefined && HOST.test(host) ? host : undefined;
}

/** Proxies that add to such a header add at its end: what stands before may be anybody's. */
function lastOf(header: string | undefined): string | undefined {
  return header?.slice(header.lastIndexOf(",") + 1).trim();
}
