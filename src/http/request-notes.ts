import type { Identity } from "../access/identity.ts";
import type { User } from "../access/user.ts";
import type { CutoutCost } from "../cutout/plan.ts";

/** What only a handler knows of its request: it writes it here, until the answer has ended. */
export type RequestNotes = {
  cost: CutoutCost | undefined;
  runId: string | undefined;
  /** Why it failed; after the answer has begun, too. */
  error: unknown;
  /** Of the job that it made. */
  job?: string | undefined;
  /** Who signed in by it. */
  signedIn?: User | undefined;
  /** Whose credentials are good, where it was refused all the same before anybody was known. */
  identity?: Identity | undefined;
};
