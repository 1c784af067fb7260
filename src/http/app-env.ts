import type { Grant } from "../access/identity.ts";
import type { Reservation } from "../access/limits/traffic.ts";
import type { User } from "../access/user.ts";
import type { Client, Connection } from "./client-address.ts";
import type { RequestNotes } from "./request-notes.ts";
import type { RouteRule } from "./route-rules.ts";
import type { AddressOf } from "./service-addresses.ts";

/** What every handler finds in its context; set before any route runs. */
export type AppEnv = {
  /** Of the server below the app. */
  Bindings: Connection;
  Variables: {
    /** Who asks; the anonymous user where nobody signed in. */
    user: User;
    /** By what they were known. */
    grant: Grant;
    /** Where it comes from. */
    client: Client;
    /** Address of the client, or of the last proxy that is not trusted; null where there is no network. */
    clientAddress: string | null;
    /** Of the proxy in front of us, or made here: log and answer carry it. */
    requestId: string;
    /** What the log is to tell of it beside what every answer shows. */
    notes: RequestNotes;
    /** What is asked of who comes to this path. */
    rule: RouteRule;
    /** When it came: `performance.now()`. */
    startedAt: number;
    /** Address of this service as clients see it, without a slash at the end. */
    publicUrl: string;
    /** Address of another service: `c.var.addressOf("auth", c.var.publicUrl)`. */
    addressOf: AddressOf;
    /** A password gives a token, at /login of the service `auth`. */
    offersPasswords: boolean;
    /**
     * Counts a file that is about to be sent as one of the day's bytes; to be settled with what was sent. "too-many" or
     * "over-limit" where that would be too much. Not there where nothing is counted.
     */
    reserveBytes?: ((byteLength: number) => Reservation) | undefined;
  };
};
