import { createProviders, type SignInProviders } from "../access/sign-in/providers.ts";
import { createSignInStates, type SignInStates } from "../access/sign-in/sign-in-states.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import type { Configuration } from "./configuration.ts";

/** Sign-in by providers, as the configuration has them; none where it names no file. */
export type Federation = { readonly providers: SignInProviders; readonly signIns: SignInStates };

/** "usage" tells all that is wrong with the file of providers, a line each. Where there is none, nothing is loaded for it. */
export async function createFederation(
  configuration: Pick<Configuration, "signInProviders" | "authUrl">,
  records: RecordsDatabase,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Federation> {
  const now = () => Date.now();
  const { signInProviders, authUrl = "" } = configuration; // set wherever there are providers: readProviders refuses else
  const known =
    signInProviders === undefined ? [] : (await import("./read-providers.ts")).readProviders(configuration, env);
  const providers = await createProviders(known, { authUrl, now });
  return { providers, signIns: createSignInStates(records, { now }) };
}
