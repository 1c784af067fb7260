import type { Configuration } from "../configuration.ts";

/** What settings say together that none of them says alone. `isWrong`: it cannot work as it is meant; else it may be meant so. */
export type Advice = { readonly isWrong: boolean; readonly text: string };

/** The settings are each valid. `hasProviders`: users may sign in elsewhere. */
export function adviseOnSettings(
  configuration: Configuration,
  { hasProviders }: { readonly hasProviders: boolean },
): Advice[] {
  return [
    ...adviseOnAddresses(configuration),
    ...adviseOnNetworks(configuration),
    ...adviseOnSignIn(configuration, hasProviders),
  ];
}

const wrong = (text: string): Advice => ({ isWrong: true, text });
const note = (text: string): Advice => ({ isWrong: false, text });

function adviseOnAddresses({ domain, publicUrl, authUrl, services }: Configuration): Advice[] {
  const found: Advice[] = [];
  const given = [["RECORTE_PUBLIC_URL", publicUrl] as const, ["RECORTE_AUTH_URL", authUrl] as const];
  for (const [name, address] of given) {
    const host = address === undefined ? domain : new URL(address).hostname;
    if (host !== domain && !host.endsWith(`.${domain}`)) {
      found.push(wrong(`${name} is not below RECORTE_DOMAIN ${domain}: signing in would not reach all services`));
    }
  }
  if (publicUrl !== undefined && authUrl !== undefined) {
    const schemes = [new URL(publicUrl).protocol, new URL(authUrl).protocol];
    if (schemes[0] !== schemes[1]) {
      found.push(
        wrong("RECORTE_PUBLIC_URL and RECORTE_AUTH_URL are not both https: a session of the one is none of the other"),
      );
    }
  }
  if (domain !== "localhost") {
    const missing = given.filter(([, address]) => address === undefined).map(([name]) => name);
    if (missing.length > 0) found.push(note(`${missing.join(", ")} not set: links follow what requests call the host`));
  }
  if (!services.includes("auth") && authUrl === undefined) {
    found.push(note("RECORTE_AUTH_URL is not set, and the auth service runs elsewhere: users are sent to a guess"));
  }
  return found;
}

/** One address of each half of the internet is in a network of all of it. */
const ANYBODY = [
  { version: 4, bits: (203 << 24) | (113 << 8) | 9 },
  { version: 6, words: [0x26000000, 0, 0, 9] },
] as const;

function adviseOnNetworks({ host, trustedProxies, metricsAllowedIps, authUrl, services }: Configuration): Advice[] {
  const found: Advice[] = [];
  if (ANYBODY.some((address) => trustedProxies.has(address))) {
    found.push(wrong("RECORTE_TRUSTED_PROXIES holds all of the internet: anybody may say to come from anywhere"));
  }
  if (ANYBODY.some((address) => metricsAllowedIps.has(address))) {
    found.push(note("RECORTE_METRICS_ALLOWED_IPS holds all of the internet: anybody may read what the service does"));
  }
  const isLocal = /^(?:127\.|::1$|localhost$)/.test(host);
  if (!isLocal && services.includes("auth") && !authUrl?.startsWith("https:")) {
    found.push(note(`HOST is ${host} and RECORTE_AUTH_URL is not https: passwords and tokens may travel in the open`));
  }
  return found;
}

function adviseOnSignIn(
  { localAccounts, anonymousUse, testToken, host }: Configuration,
  hasProviders: boolean,
): Advice[] {
  const found: Advice[] = [];
  if (!localAccounts && !hasProviders) {
    const nobody = "RECORTE_LOCAL_ACCOUNTS is 0, and there are no providers of sign-in: nobody can sign in";
    found.push(anonymousUse ? note(nobody) : wrong(`${nobody}, and RECORTE_ANONYMOUS is 0`));
  }
  if (testToken !== undefined && !host.startsWith("127.")) {
    found.push(note("RECORTE_TEST_TOKEN is set: whoever knows it is let in as the user test"));
  }
  return found;
}
