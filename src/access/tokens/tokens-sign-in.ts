/** Names of tokens end so that a password gave, and of no others: with the password they end. */
export const SIGN_IN_MARK = " (sign-in)";

export function isBySignIn({ name }: { readonly name: string }): boolean {
  return name.endsWith(SIGN_IN_MARK);
}
