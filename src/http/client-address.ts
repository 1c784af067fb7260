import { formatIpAddress, parseIpAddress, type IpAddress } from "../access/network/ip-address.ts";
import type { Networks } from "../access/network/networks.ts";

/** What the server below the app tells of a connection; nothing where there is none, as in `app.request`. */
export type Connection = {
  readonly incoming?: {
    readonly socket?: { readonly remoteAddress?: string | undefined };
    readonly headers?: Readonly<Record<string, unknown>>;
  };
};

export type Peer = {
  /** As it is written down; null where there is no network. */
  readonly text: string | null;
  /** null: unknown. */
  readonly ip: IpAddress | null;
  /** What it says of the client is believed. */
  readonly isTrusted: boolean;
};

export type Client = {
  readonly peer: Peer;
  /** To count by and to write down: the client's, or of the trusted proxy that could not tell it. */
  readonly text: string | null;
  /** To let in by; null where nobody could tell it, and then it is in no network. */
  readonly ip: IpAddress | null;
};

/** More of them than any chain of proxies; each costs a look. */
const MOST_HOPS = 32;
/** Peers whose addresses were read already: proxies and clients come again and again. */
const MOST_KNOWN_PEERS = 4096;

/**
 * Tells the client of a request: the peer, or, if that is a trusted proxy, the last hop of X-Forwarded-For that is none.
 * What stands before that hop may be written by anybody, and is not looked at. Hops are addresses, with or without a port
 * and brackets; where one is something else ("unknown", a name), the client is unknown. `Forwarded` and X-Real-IP count
 * for nothing.
 */
export function createClientReader(trusted: Networks) {
  const known = new Map<string, Peer>();

  function readPeer(address: string | undefined): Peer {
    if (address === undefined) return NO_PEER;
    const found = known.get(address);
    if (found !== undefined) return found;
    const ip = parseIpAddress(address);
    const peer = { text: ip === null ? address : formatIpAddress(ip), ip, isTrusted: trusted.has(ip) };
    if (known.size >= MOST_KNOWN_PEERS) known.clear();
    known.set(address, peer);
    return peer;
  }

  return (connection: Connection | undefined, forwardedFor: () => string | undefined): Client => {
    const peer = readPeer(connection?.incoming?.socket?.remoteAddress);
    const hops = peer.isTrusted ? forwardedFor() : undefined;
    if (hops === undefined) return { peer, text: peer.text, ip: peer.ip };
    return { peer, ...lastUntrusted(hops, peer) };
  };

  /** From the right: each hop was written by the one after it. */
  function lastUntrusted(hops: string, peer: Peer): Pick<Client, "text" | "ip"> {
    let { text, ip } = peer;
    let end = hops.length;
    for (let count = 0; end >= 0; count++) {
      const start = end === 0 ? 0 : hops.lastIndexOf(",", end - 1) + 1;
      const hop = count < MOST_HOPS && end - start < MOST_HOP_CHARACTERS ? parseHop(hops.slice(start, end)) : null;
      if (hop === null) return { text, ip: null };
      text = formatIpAddress(hop);
      ip = hop;
      if (!trusted.has(hop)) return { text, ip };
      end = start - 1;
    }
    return { text, ip }; // all of them are ours: it began at the first
  }
}

const NO_PEER: Peer = { text: null, ip: null, isTrusted: false };

/** An address, its zone, brackets, a port, and blanks around. */
const MOST_HOP_CHARACTERS = 150;
const BRACKETED = /^\[([\da-f:.]+(?:%[\w.~-]+)?)\](?::\d{1,5})?$/i;
const IPV4_WITH_PORT = /^([\d.]+):\d{1,5}$/;

function parseHop(text: string): IpAddress | null {
  const hop = text.trim();
  const address = BRACKETED.exec(hop)?.[1] ?? IPV4_WITH_PORT.exec(hop)?.[1];
  if (address !== undefined && hop.startsWith("[") && !address.includes(":")) return null;
  return parseIpAddress(address ?? hop);
}
