/** What the tests use of it. */
declare module "samlp" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  type Callback<T> = (error: Error | null, value?: T) => void;

  type SamlUser = {
    readonly nameId: string;
    readonly attributes: Readonly<Record<string, string | readonly string[]>>;
  };

  type IdpOptions = {
    readonly issuer: string;
    readonly cert: string;
    readonly key: string;
    /** Certificate that requests must be signed by. */
    readonly signingCert?: string;
    readonly audience?: string;
    readonly recipient?: string;
    readonly destination?: string;
    readonly inResponseTo?: string;
    readonly lifetimeInSeconds?: number;
    readonly signAssertion?: boolean;
    readonly signResponse?: boolean;
    readonly signatureAlgorithm?: "rsa-sha1" | "rsa-sha256";
    readonly digestAlgorithm?: "sha1" | "sha256";
    readonly samlStatusCode?: string;
    readonly nameIdentifierFormat?: string;
    readonly profileMapper: (user: SamlUser) => {
      getClaims(): SamlUser["attributes"];
      getNameIdentifier(): { readonly nameIdentifier: string };
    };
  };

  type IdpRequest = IncomingMessage & { query: Readonly<Record<string, string>> };
  type IdpResponse = ServerResponse & { set(name: string, value: string): void; send(body: string | number): void };

  const samlp: {
    auth(
      options: IdpOptions & {
        getUserFromRequest(): SamlUser;
        getPostURL(audience: string, request: unknown, req: unknown, callback: Callback<string>): void;
      },
    ): (req: IdpRequest, res: IdpResponse, next: (error: Error) => void) => void;
    parseRequest(
      req: { readonly query: Readonly<Record<string, string>> },
      callback: Callback<{
        readonly id: string;
        readonly issuer: string;
        readonly assertionConsumerServiceURL: string;
      }>,
    ): void;
    getSamlResponse(options: IdpOptions, user: SamlUser, callback: Callback<string>): void;
  };
  export default samlp;
  export type { IdpOptions, IdpRequest, IdpResponse, SamlUser };
}
