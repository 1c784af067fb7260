import type { LimitName, LimitUnit } from "./limits.ts";
import type { User } from "./user.ts";

/** One limit, and how much of it is used. */
export type UsageLine = {
  readonly name: LimitName;
  /** In a few words. */
  readonly explanation: string;
  readonly unit: LimitUnit;
  /** null: no limit. */
  readonly limit: number | null;
  /** null where it is about one request or job at a time: there is no use of it now. */
  readonly used: number | null;
  /** When what is used now no longer counts, milliseconds since 1970, UTC; null where time alone does not bring it back. */
  readonly resetsAt: number | null;
  /** With whom the use is shared: of who has not signed in, all with this address, or all there are. */
  readonly sharedWith: "address" | "anonymous" | null;
};

/** In the order of `LIMITS`. `address`: the client's, which is who somebody is that has not signed in. */
export type UsageOf = (user: User, address: string | null) => readonly UsageLine[];
