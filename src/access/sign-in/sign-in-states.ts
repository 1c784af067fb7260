import { and, eq, gt, lte } from "drizzle-orm";
import { signIn, usedAssertion } from "../../db/accounts-schema.ts";
import type { RecordsDatabase } from "../../db/records-database.ts";
import { digestOf, newSecret } from "../secrets.ts";

/** A sign-in under way. */
export type SignInState = {
  readonly memory: Readonly<Record<string, string>>;
  readonly returnTo: string;
};

/** Sign-ins that have been sent to their providers. Each ends once, in the browser that began it. */
export type SignInStates = {
  /** `state` goes with the browser and comes back; `browser` is its cookie's value. */
  begin(state: string, signIn: SignInState & { readonly provider: string; readonly browser: string }): Promise<void>;
  /** Without ending it; null where there is none, or it is over. */
  look(state: string, provider: string): Promise<SignInState | null>;
  /** Ends it without a user, where its answer was not taken. */
  drop(state: string, provider: string): Promise<void>;
  /** Ends it; null where there is none, it is over, or another browser began it. */
  take(state: string, from: { readonly provider: string; readonly browser: string }): Promise<SignInState | null>;
  /**
   * The assertion that answers it has been checked: marks it as used, and tells the new state under which the sign-in
   * goes on, with another memory. null where it is over, and where the assertion was used before.
   */
  answer(
    state: string,
    answer: {
      readonly provider: string;
      readonly assertion: { readonly id: string; readonly expiresAt: number };
      readonly memory: SignInState["memory"];
    },
  ): Promise<string | null>;
};

/** As long as somebody may take to sign in at the provider. */
export const SIGN_IN_SECONDS = 15 * 60;
/** From the provider's answer to the request that ends the sign-in: the browser makes it at once. */
const ANSWERED_SECONDS = 2 * 60;

export function createSignInStates(
  { orm }: RecordsDatabase,
  { now }: { readonly now: () => number }, // milliseconds since 1970
): SignInStates {
  const underWay = (state: string, provider: string) =>
    and(eq(signIn.id, digestOf(state)), eq(signIn.provider, provider), gt(signIn.expiresAt, now()));
  return {
    begin(state, { provider, browser, memory, returnTo }) {
      return promise(() => {
        orm.delete(signIn).where(lte(signIn.expiresAt, now())).run();
        const expiresAt = now() + SIGN_IN_SECONDS * 1000;
        const row = { id: digestOf(state), provider, browser: digestOf(browser), memory, returnTo, expiresAt };
        orm.insert(signIn).values(row).run();
      });
    },
    look: (state, provider) =>
      promise(() => orm.select(STATE).from(signIn).where(underWay(state, provider)).get() ?? null),
    drop: (state, provider) => promise(() => void orm.delete(signIn).where(underWay(state, provider)).run()),
    take: (state, { provider, browser }) =>
      promise(() => {
        const where = and(underWay(state, provider), eq(signIn.browser, digestOf(browser)));
        return orm.delete(signIn).where(where).returning(STATE).get() ?? null;
      }),
    answer: (state, { provider, assertion, memory }) =>
      promise(() =>
        orm.transaction(
          (tx) => {
            tx.delete(usedAssertion).where(lte(usedAssertion.expiresAt, now())).run();
            const used = { provider, assertionId: assertion.id, expiresAt: assertion.expiresAt };
            const next = newSecret();
            const expiresAt = now() + ANSWERED_SECONDS * 1000;
            // Used before the sign-in is looked at: an assertion that comes too late does not come again.
            if (tx.insert(usedAssertion).values(used).onConflictDoNothing().run().changes === 0) return null;
            const { changes } = tx
              .update(signIn)
              .set({ id: digestOf(next), memory, expiresAt })
              .where(underWay(state, provider))
              .run();
            return changes === 0 ? null : next;
          },
          { behavior: "immediate" },
        ),
      ),
  };
}

const STATE = { memory: signIn.memory, returnTo: signIn.returnTo };

function promise<T>(run: () => T): Promise<T> {
  return new Promise((resolve) => resolve(run()));
}
