import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { generateKeyPairSync } from "node:crypto";
import { Provider, type Account, type Context } from "oidc-provider";

export type OidcUser = Readonly<Record<string, unknown>> & { readonly sub: string };

export type OidcOp = {
  readonly issuer: string;
  /** Who is signed in there; null: somebody who does not want to. */
  user: OidcUser | null;
  /** Its answers from now on; null: as it would itself. */
  interfere: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
  /** Paths that were asked for, oldest first. */
  readonly asked: string[];
  close(): Promise<void>;
};

export const CLIENT_ID = "recorte";
export const CLIENT_SECRET = "a secret with + and / and : in it";

/** A provider of OpenID Connect: oidc-provider on a free port of this machine, where nobody types anything. */
export async function startOidcOp(redirectUris: readonly string[]): Promise<OidcOp> {
  const asked: string[] = [];
  let handle = (_request: IncomingMessage, response: ServerResponse): void => void response.writeHead(503).end();
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? "/", "http://localhost").pathname);
    if (op.interfere?.(request, response) !== true) handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const op: OidcOp = {
    issuer,
    user: null,
    interfere: null,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const provider = new Provider(
    issuer,
    configurationOf(redirectUris, () => op.user),
  );
  const answer = provider.callback();
  handle = (request, response) => {
    if (request.url?.startsWith("/interaction/") !== true) return answer(request, response);
    const result = op.user === null ? { error: "access_denied" } : { login: { accountId: op.user.sub } };
    provider.interactionFinished(request, response, result).catch((error: unknown) => response.destroy(error as Error));
  };
  return op;
}

function configurationOf(redirectUris: readonly string[], user: () => OidcUser | null): Record<string, unknown> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: redirectUris }],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "one" }] },
    cookies: { keys: ["for tests"] },
    claims: {
      openid: ["sub"],
      email: ["email", "email_verified"],
      profile: ["name", "preferred_username"],
      groups: ["isMemberOf"],
    },
    scopes: ["openid", "profile", "email", "groups"],
    pkce: { required: () => false }, // that we send it is for our own sake
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: Context, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    findAccount: (_: Context, sub: string): Account => ({ accountId: sub, claims: () => ({ ...user(), sub }) }),
    // Users agree to everything beforehand.
    async loadExistingGrant({ oidc }: Context & { readonly oidc: { readonly provider: Provider } }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid profile email groups");
      await grant.save();
      return grant;
    },
  };
}
