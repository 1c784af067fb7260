/**
 * The challenge of WWW-Authenticate: with 401 a demand, with 200 the news that there is a way to sign in (SSO 2.0; RFC
 * 6750, section 3). `loginUrl`: where a password gives a token, if anywhere.
 */
export function formatChallenges({
  publicUrl,
  loginUrl,
}: {
  publicUrl: string;
  loginUrl?: string | undefined;
}): string {
  const bearer = `Bearer realm="${new URL(publicUrl).host}"`;
  if (loginUrl === undefined) return bearer;
  return `${bearer}, ivoa_bearer standard_id="ivo://ivoa.net/sso#tls-with-password", access_url="${loginUrl}"`;
}
