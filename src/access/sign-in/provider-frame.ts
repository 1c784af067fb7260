/** What both protocols have in common. */
export type ProviderFrame = {
  readonly id: string;
  /** As the sign-in page calls it. */
  readonly title: string;
  /** Where a sign-in by it begins: takes `return_to`. */
  readonly startUrl: string;
  /** Where to send the browser, with `state`, which comes back, and what its answer is checked against. "unavailable" where it is down. */
  begin(state: string): Promise<SignInRequest>;
};

export type SignInRequest = { readonly address: string; readonly memory: Readonly<Record<string, string>> };
