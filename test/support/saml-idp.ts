import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import samlp, { type IdpOptions, type IdpRequest, type IdpResponse, type SamlUser } from "samlp";
import { makeKeyAndCertificate, type KeyAndCertificate } from "./self-signed-certificate.ts";

export type { SamlUser };

/** What the answer of an identity provider says, where it is not what it should. */
export type AnswerChanges = Partial<IdpOptions>;

export type SamlIdp = KeyAndCertificate & {
  readonly issuer: string;
  /** Where requests go. */
  readonly entryPoint: string;
  /** Who is signed in there. */
  user: SamlUser;
  /** Whose requests it takes, and where it sends answers. */
  trust(service: { readonly certificate: string; readonly acsUrl: string }): void;
  /** The answer to a request as XML, without going through its page. `address`: of the redirect with the request. */
  answer(address: string, changes?: AnswerChanges): Promise<string>;
  close(): Promise<void>;
};

/** An identity provider: samlp behind a page on a free port of this machine. Requests have to be signed. */
export async function startSamlIdp(name: string): Promise<SamlIdp> {
  const issuer = `https://${name}.example/idp`;
  const { privateKey, certificate } = makeKeyAndCertificate(name);
  let service = { certificate: "", acsUrl: "" };
  const options = (): IdpOptions => ({
    issuer,
    cert: certificate,
    key: privateKey,
    recipient: service.acsUrl,
    destination: service.acsUrl,
    lifetimeInSeconds: 300,
    signatureAlgorithm: "rsa-sha256",
    digestAlgorithm: "sha256",
    profileMapper: ({ nameId, attributes }) => ({
      getClaims: () => attributes,
      getNameIdentifier: () => ({ nameIdentifier: nameId }),
    }),
  });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const req: IdpRequest = Object.assign(request, { query: Object.fromEntries(url.searchParams) });
    const res: IdpResponse = Object.assign(response, {
      set: (header: string, value: string) => void response.setHeader(header, value),
      send: (body: string | number) => void response.end(String(body)),
    });
    samlp.auth({
      ...options(),
      signingCert: service.certificate,
      getUserFromRequest: () => idp.user,
      getPostURL: (_audience, _request, _req, callback) => callback(null, service.acsUrl),
    })(req, res, (error) => {
      res.statusCode = 400;
      res.end(error.message);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const idp: SamlIdp = {
    privateKey,
    certificate,
    issuer,
    entryPoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sso`,
    user: { nameId: "nobody", attributes: {} },
    trust(of) {
      service = of;
    },
    async answer(address, changes = {}) {
      const query = Object.fromEntries(new URL(address).searchParams);
      const request = await called<{ id: string; issuer: string }>((done) => samlp.parseRequest({ query }, done));
      const answer = { ...options(), audience: request.issuer, inResponseTo: request.id, ...changes };
      return called<string>((done) => samlp.getSamlResponse(answer, idp.user, done));
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return idp;
}

function called<T>(run: (callback: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, value) =>
      error === null && value !== undefined ? resolve(value) : reject(error ?? new Error("none")),
    );
  });
}
