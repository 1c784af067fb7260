import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLIENT_ID, CLIENT_SECRET, startOidcOp, type OidcOp } from "../support/oidc-op.ts";
import { AUTH_URL, createSignInApp, CUTOUT_URL, type SignInApp } from "../support/sign-in-app.ts";
import type { Page, TestBrowser } from "../support/test-browser.ts";

const CALLBACK = `${AUTH_URL}/oidc/cilogon/callback`;
const START_URL = `${AUTH_URL}/oidc/cilogon/login`;
const ANA = {
  sub: "http://cilogon.org/serverA/users/1",
  name: "Ana Souza",
  preferred_username: "ana",
  email: "ana@linea.example",
  email_verified: true,
  isMemberOf: ["CO:COU:des:members", "CO:COU:staff:members", "others"],
};
const EVA = { sub: "http://cilogon.org/serverA/users/2", name: "Eva", preferred_username: "eva" };

let op: OidcOp;
let service: SignInApp;
let browser: TestBrowser;

beforeAll(async () => {
  op = await startOidcOp([CALLBACK, `${AUTH_URL}/oidc/other/callback`]);
});
afterAll(() => op.close());
beforeEach(async () => {
  op.user = ANA;
  op.interfere = null;
  await useService({});
});
afterEach(() => service.close());

/** A service with two providers, whose entries have these changes. */
async function useService(changes: Readonly<Record<string, unknown>>): Promise<void> {
  const provider = {
    id: "cilogon",
    title: "CILogon",
    kind: "oidc",
    issuer: op.issuer,
    clientId: CLIENT_ID,
    clientSecret: "secret",
    scopes: ["openid", "profile", "email", "groups"],
    timeoutSeconds: 1,
    ...changes,
  };
  service = await createSignInApp([provider, { ...provider, id: "other", title: "Other" }], { secret: CLIENT_SECRET });
  browser = service.newBrowser();
}

const isCallback = (address: string) => address.startsWith(CALLBACK);
const isAtProvider = (address: string) => address.startsWith(op.issuer);

/** Signs in at the provider; tells the address that the browser is sent back to. `change` is of the request on its way. */
async function signInThere(change: (request: URL) => void = () => undefined, by = browser): Promise<URL> {
  const request = new URL((await by.open(START_URL, isAtProvider)).url);
  change(request);
  return new URL((await by.open(request.href, isCallback)).url);
}

function expectRefused(page: Page, why: RegExp): void {
  expect(page.text).toMatch(/^AuthorizationError: Cannot sign in by CILogon: [^<]*\n$/);
  expect(page.status).toBe(403);
  expect(service.lastFailure()).toMatch(why);
  expect(service.signedIn(browser)).toBeUndefined();
  expect(service.audited).toMatchObject([{ action: "sign-in-refused", detail: { provider: "cilogon" } }]);
}

function expectNotUnderWay(page: Page): void {
  expect(page.text).toMatch(
    /^UsageError: Cannot sign in by \w+: the sign-in was not begun in this browser, took too long, or/,
  );
  expect(page.status).toBe(400);
  expect(service.signedIn(browser)).toBeUndefined();
}

describe("a sign-in by OIDC", () => {
  test("makes an account with name, mail and groups, and goes back to where it began", async () => {
    const end = await browser.open(`${START_URL}?return_to=${encodeURIComponent(`${CUTOUT_URL}/docs?a=b`)}`);
    expect(end).toMatchObject({ status: 303, url: `${CUTOUT_URL}/docs?a=b` });
    expect(service.signedIn(browser)).toBe("ana");
    expect(await service.accounts.find("ana")).toMatchObject({
      fullName: "Ana Souza",
      email: "ana@linea.example",
      hasPassword: false,
      providers: ["cilogon"],
    });
    expect(service.audited).toMatchObject([{ action: "sign-in", actorName: "ana", detail: { provider: "cilogon" } }]);
  });

  test("asks for a code with PKCE S256, a state and a nonce, each new", async () => {
    const requests = [];
    for (let i = 0; i < 2; i++) requests.push(new URL((await browser.open(START_URL, isAtProvider)).url).searchParams);
    const [one, two] = requests;
    expect(Object.fromEntries(one)).toMatchObject({
      response_type: "code",
      code_challenge_method: "S256",
      redirect_uri: CALLBACK,
      client_id: CLIENT_ID,
    });
    for (const name of ["state", "nonce", "code_challenge"]) {
      expect(one.get(name)?.length).toBeGreaterThanOrEqual(40);
      expect(one.get(name)).not.toBe(two.get(name));
    }
  });

  test("takes the groups that the configuration allows", async () => {
    await useService({ groups: { removePrefix: "CO:COU:", allow: ["des:*", "lsst:*"], addPrefix: "cilogon/" } });
    await browser.open(START_URL);
    const account = await service.accounts.find("ana");
    expect(account?.groups).toEqual([{ name: "cilogon/des:members", source: "cilogon" }]);
  });

  test("finds the account by the subject, whatever the name has become", async () => {
    await browser.open(START_URL);
    const first = await service.accounts.find("ana");
    op.user = { ...ANA, preferred_username: "ana.souza", email: "ana@example.org" };
    await service.newBrowser().open(START_URL);
    expect(await service.accounts.find(first?.id ?? "")).toMatchObject({ name: "ana", email: "ana@example.org" });
  });

  test("gives nobody the account of another, whose name and mail they have there", async () => {
    await browser.open(START_URL);
    op.user = { ...ANA, sub: "another" };
    const second = service.newBrowser();
    await second.open(START_URL);
    expect(service.signedIn(second)).toMatch(/^ana-\d+$/);
    op.user = ANA;
    const third = service.newBrowser();
    await third.open(`${AUTH_URL}/oidc/other/login`);
    expect(service.signedIn(third)).toMatch(/^ana-\d+$/);
  });

  test("takes no address of mail that is not known to be theirs", async () => {
    op.user = { ...ANA, email_verified: false };
    await browser.open(START_URL);
    expect(await service.accounts.find("ana")).toMatchObject({ email: null });
  });

  test("is bound to its browser by a cookie that no other host can set", async () => {
    const page = await service.app.request(START_URL);
    expect(page.headers.get("set-cookie")).toMatch(
      /^__Host-recorte_sign_in=[a-z2-7]{40}; Max-Age=900; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("is begun by one address so often and no more", async () => {
    const pages = [];
    for (let i = 0; i < 61; i++) pages.push(await service.newBrowser().open(START_URL, isAtProvider));
    expect(pages.slice(0, 60).map(({ status }) => status)).toEqual(Array(60).fill(303));
    expect(pages[60].status).toBe(429);
    expect(Number(pages[60].headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("leads to addresses of ours only", async () => {
    const wanted = ["https://evil.example/", "//evil.example", "https://auth.survey.example@evil.example/", "\\\\evil"];
    for (const address of wanted) {
      const end = await service.newBrowser().open(`${START_URL}?return_to=${encodeURIComponent(address)}`);
      expect(new URL(end.url).origin).toBe(AUTH_URL);
    }
  });

  test("says so where the user did not want it", async () => {
    op.user = null;
    const page = await browser.open(START_URL);
    expectRefused(page, /access_denied/);
    expect(page.text).toContain("you, or it, did not allow it");
  });

  test("names the attribute that is missing", async () => {
    await useService({ attributes: { subject: "eduPersonPrincipalName" } });
    const page = await browser.open(START_URL);
    expectRefused(page, /eduPersonPrincipalName is not among/);
  });
});

describe("a provider that is down", () => {
  const ways: readonly (readonly [string, NonNullable<OidcOp["interfere"]>])[] = [
    ["answers 500", (_, response) => !!response.writeHead(500).end()],
    ["hangs", () => true],
    ["hangs up", (request) => !!request.socket.destroy()],
    ["has nonsense", (_, response) => !!response.end("<html>")],
  ];

  test.each(ways)("and %s is told of, and asked again", async (_, answer) => {
    op.interfere = answer;
    const started = performance.now();
    const page = await browser.open(START_URL);
    expect(page.status).toBe(503);
    expect(page.text).toMatch(/^ServiceUnavailable: Something that is needed for this cannot be reached now;/);
    expect(page.headers.get("retry-after")).toBe("5");
    expect(performance.now() - started).toBeLessThan(5000);
    op.interfere = null;
    await browser.open(START_URL);
    expect(service.signedIn(browser)).toBe("ana");
  });

  test("is asked once for all who wait", async () => {
    op.asked.length = 0;
    await Promise.all([1, 2, 3].map(() => service.newBrowser().open(START_URL, isAtProvider)));
    expect(op.asked.filter((path) => path.startsWith("/.well-known"))).toHaveLength(1);
  });

  test("when the code has come is told of", async () => {
    const back = await signInThere();
    op.interfere = (request, response) => {
      if (request.url !== "/token") return false;
      response.writeHead(502).end("Bad gateway");
      return true;
    };
    expect(await browser.open(back.href)).toMatchObject({ status: 503 });
    expect(service.signedIn(browser)).toBeUndefined();
  });
});

describe("an answer is refused that", () => {
  test("comes a second time", async () => {
    const back = await signInThere();
    await browser.open(back.href);
    expect(service.signedIn(browser)).toBe("ana");
    const page = await browser.open(back.href);
    expect(page.status).toBe(400);
  });

  test("has a code that was used", async () => {
    const back = await signInThere();
    await browser.open(back.href);
    const victim = service.newBrowser();
    const own = await signInThere(undefined, victim);
    own.searchParams.set("code", back.searchParams.get("code") ?? "");
    expect((await victim.open(own.href)).status).toBe(403);
    expect(service.signedIn(victim)).toBeUndefined();
  });

  test("has the code of another sign-in, which PKCE tells", async () => {
    op.user = EVA;
    const hers = await signInThere(undefined, service.newBrowser());
    op.user = ANA;
    const back = await signInThere();
    back.searchParams.set("code", hers.searchParams.get("code") ?? "");
    expectRefused(await browser.open(back.href), /invalid_grant/);
  });

  test("comes to another browser than the one that began (login CSRF)", async () => {
    op.user = EVA;
    const hers = await signInThere(undefined, service.newBrowser());
    expectNotUnderWay(await browser.open(hers.href));
    await signInThere(); // one that has a cookie of its own
    expectNotUnderWay(await browser.open(hers.href));
  });

  test("has no state, or one that was made up", async () => {
    const back = await signInThere();
    for (const state of ["", "a".repeat(40), "'; drop table sign_in; --"]) {
      const page = await browser.open(
        `${CALLBACK}?code=${back.searchParams.get("code")}&state=${encodeURIComponent(state)}`,
      );
      expectNotUnderWay(page);
    }
  });

  test("comes to another provider's address with the state of this one (mix-up)", async () => {
    const back = await signInThere();
    expectNotUnderWay(await browser.open(back.href.replace("/cilogon/", "/other/")));
  });

  test("has two states", async () => {
    const back = await signInThere();
    back.searchParams.append("state", "another");
    expectRefused(await browser.open(back.href), /state/);
  });

  test.each([
    ["another issuer (mix-up)", /"iss"/, (back: URL) => back.searchParams.set("iss", "https://evil.example")],
    ["no issuer, where the provider always names itself", /"iss"/, (back: URL) => back.searchParams.delete("iss")],
    ["an ID token in it", /implicit/, (back: URL) => back.searchParams.set("id_token", "e30.e30.")],
    ["no code", /no authorization code/, (back: URL) => back.searchParams.delete("code")],
  ])("has %s", async (_, why, change) => {
    const back = await signInThere();
    change(back);
    expectRefused(await browser.open(back.href), why);
  });

  test("has an ID token with another nonce", async () => {
    const back = await signInThere((request) => request.searchParams.set("nonce", "another"));
    expectRefused(await browser.open(back.href), /nonce/);
  });

  test("has an ID token without a nonce", async () => {
    const back = await signInThere((request) => request.searchParams.delete("nonce"));
    expectRefused(await browser.open(back.href), /nonce/);
  });

  test("has a code that was asked for without PKCE", async () => {
    const back = await signInThere((request) => {
      request.searchParams.delete("code_challenge");
      request.searchParams.delete("code_challenge_method");
    });
    expectRefused(await browser.open(back.href), /invalid_grant/);
  });

  test("has a code that was asked for with PKCE of somebody else", async () => {
    const back = await signInThere((request) =>
      request.searchParams.set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    );
    expectRefused(await browser.open(back.href), /invalid_grant/);
  });

  test.each([
    ["signed by nobody", /"alg"/, (token: string) => replacePart(token, 0, { alg: "none" }, "")],
    ["changed", /signature/, (token: string) => replacePart(token, 1, { ...payloadOf(token), sub: "eva" })],
    [
      "of another issuer",
      /"iss"/,
      (token: string) => replacePart(token, 1, { ...payloadOf(token), iss: "https://evil.example" }),
    ],
    ["for another client", /"aud"/, (token: string) => replacePart(token, 1, { ...payloadOf(token), aud: "another" })],
    ["signed by HMAC with the client's secret", /"alg"/, (token: string) => replacePart(token, 0, { alg: "HS256" })],
  ])("has an ID token that is %s", async (_, why, change) => {
    const back = await signInThere();
    op.interfere = (request, response) => {
      if (request.url !== "/token") return false;
      const end = response.end.bind(response);
      response.end = ((body: unknown) => {
        const tokens = JSON.parse(String(body)) as { id_token: string };
        const text = JSON.stringify({ ...tokens, id_token: change(tokens.id_token) });
        response.setHeader("content-length", Buffer.byteLength(text));
        return end(text);
      }) as typeof response.end;
      return false;
    };
    expectRefused(await browser.open(back.href), why);
  });

  test("has user information of somebody else", async () => {
    const back = await signInThere();
    op.interfere = (request, response) => {
      if (request.url !== "/me") return false;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ ...ANA, sub: EVA.sub }));
      return true;
    };
    expectRefused(await browser.open(back.href), /sub/);
  });

  test("is of a provider that calls itself otherwise", async () => {
    await useService({ issuer: op.issuer.replace("127.0.0.1", "localhost") });
    expect(await browser.open(START_URL)).toMatchObject({ status: 503 });
    expect(service.lastFailure()).toMatch(/issuer/);
  });
});

const partsOf = (token: string) => token.split(".") as [string, string, string];
const payloadOf = (token: string) =>
  JSON.parse(Buffer.from(partsOf(token)[1], "base64url").toString()) as Record<string, unknown>;

function replacePart(token: string, index: number, value: unknown, signature?: string): string {
  const parts = partsOf(token);
  parts[index] = Buffer.from(JSON.stringify(value)).toString("base64url");
  if (signature !== undefined) parts[2] = signature;
  return parts.join(".");
}
