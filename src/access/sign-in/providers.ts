import { ServiceError } from "../../errors.ts";
import type { OidcProvider } from "./oidc.ts";
import type { ProviderConfiguration } from "./providers-schema.ts";
import type { SamlProvider } from "./saml.ts";

/** Somebody else who knows users, and tells us who they are. */
export type SignInProvider = OidcProvider | SamlProvider;

export type SignInProviders = {
  /** In the order of the configuration. */
  list(): readonly SignInProvider[];
  /** "not-found" where none has this id and kind. */
  get<K extends SignInProvider["kind"]>(id: string, kind: K): Extract<SignInProvider, { kind: K }>;
};

type ProviderServices = { readonly authUrl: string; readonly now: () => number };

/** `authUrl`: address of the sign-in service, by which providers know it. `now`: milliseconds since 1970. */
export async function createProviders(
  configurations: readonly ProviderConfiguration[],
  services: ProviderServices,
): Promise<SignInProviders> {
  const providers = await Promise.all(configurations.map((configuration) => createProvider(configuration, services)));
  return {
    list: () => providers,
    get(id, kind) {
      const provider = providers.find((known) => known.id === id && known.kind === kind);
      if (provider === undefined) {
        throw new ServiceError("not-found", `Cannot sign in by "${id.slice(0, 100)}": there is no such provider here`);
      }
      return provider as Extract<SignInProvider, { kind: typeof kind }>;
    },
  };
}

/** Each kind comes with large packages: only those that are configured are loaded. */
async function createProvider(
  configuration: ProviderConfiguration,
  services: ProviderServices,
): Promise<SignInProvider> {
  if (configuration.kind === "oidc") return (await import("./oidc.ts")).createOidcProvider(configuration, services);
  return (await import("./saml.ts")).createSamlProvider(configuration, services);
}

/** What the sign-in page offers; `return_to` may be added to `startUrl`. */
export function listProviders(
  providers: SignInProviders,
): readonly { readonly id: string; readonly title: string; readonly startUrl: string }[] {
  return providers.list().map(({ id, title, startUrl }) => ({ id, title, startUrl }));
}
