/** What nobody but its owner is to see, wherever a text may have it: tokens of ours, and values of what carries credentials. */
const SECRETS =
  /\brct_[\w-]+|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|\b(?:bearer|basic|token) +[\w.~+/-]{8,}=*|\b((?:access_|refresh_|id_|csrf_?)?token|password|client_secret|code_verifier|code|state|samlresponse|relaystate|recorte_session)(["']?\s*[=:]\s*["']?)[^\s&"',;]+/gi;

/** The text without them. No line of the log has one by intent: this is for errors that quote what they were given. */
export function redactSecrets(text: string): string {
  return MAY_HAVE.test(text)
    ? text.replace(SECRETS, (_, name?: string, is?: string) => `${name ?? ""}${is ?? ""}[…]`)
    : text;
}

/** A quick look, since hardly any text has one. */
const MAY_HAVE = /rct_|eyJ|bearer|basic|token|password|secret|code|state|saml|relay|session/i;
