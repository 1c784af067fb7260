const NAMES =
  "(?:access_|refresh_|id_|csrf_?)?token|password|client_secret|code_verifier|code|state|samlresponse|relaystate|recorte_session";

/** What nobody but its owner is to see, wherever a text may have it: what credentials look like, and what stands behind their names. */
const SECRETS: readonly RegExp[] = [
  /\brct_[\w-]+/gi,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, // a JSON Web Token
  /(?<=\b(?:bearer|basic|token) +)[\w.~+/-]{8,}=*/gi,
  new RegExp(`(?<=\\b(?:${NAMES})["']?\\s*[=:]\\s*")[^"]*|(?<=\\b(?:${NAMES})=)[^\\s&"',;]+`, "gi"),
  new RegExp(`(?<=\\b(?:${NAMES}):\\s*)[^\\s&"',;]{8,}`, "gi"), // shorter ones are words of ours
];

/** The text without them. No line of the log has one by intent: this is for errors that quote what they were given. */
export function redactSecrets(text: string): string {
  if (!MAY_HAVE.test(text)) return text;
  return SECRETS.reduce((rest, secret) => rest.replace(secret, "[…]"), text);
}

/** A quick look, since hardly any text has one. */
const MAY_HAVE = /rct_|eyJ|bearer|basic|token|password|secret|code|state|saml|relay|session/i;
