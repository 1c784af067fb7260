/** What answers in the place of a server. */
export type TestedApp = { request(address: string, init: RequestInit): Response | Promise<Response> };

/** What the browser shows at the end of all redirects. */
export type Page = { readonly url: string; readonly status: number; readonly headers: Headers; readonly text: string };

export type TestBrowser = {
  /** Opens an address as somebody types or follows it, and follows redirects until `stop` or to where nobody answers. */
  open(address: string, stop?: (address: string) => boolean): Promise<Page>;
  /** Sends the form of a page, at whatever site that is; a page on another site sends no cookies of SameSite=Lax. */
  post(address: string, form: Readonly<Record<string, string>>, from?: string): Promise<Page>;
  /** Value of a cookie that it would send there. */
  cookie(address: string, name: string): string | undefined;
};

/** A browser as far as a sign-in needs one. What is under `origin` is asked of `app`, the rest over the network. */
export function createTestBrowser(app: TestedApp, origin: string): TestBrowser {
  const jar = new Map<string, Map<string, string>>();

  async function request(address: string, init: RequestInit, withCookies: boolean): Promise<Page> {
    const url = new URL(address);
    const cookies = withCookies ? [...(jar.get(url.hostname) ?? [])].map(([name, value]) => `${name}=${value}`) : [];
    const headers = new Headers(init.headers);
    if (cookies.length > 0) headers.set("cookie", cookies.join("; "));
    const all = { ...init, headers, redirect: "manual" as const };
    const response = url.origin === origin ? await app.request(url.href, all) : await fetch(url, all);
    keep(url, response.headers.getSetCookie());
    return { url: url.href, status: response.status, headers: response.headers, text: await response.text() };
  }

  function keep(url: URL, setCookies: readonly string[]): void {
    const cookies = jar.get(url.hostname) ?? new Map<string, string>();
    jar.set(url.hostname, cookies);
    for (const text of setCookies) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
      // RFC 6265bis, section 5.7: one that calls itself so and is not is not kept.
      if (
        name.startsWith("__Host-") &&
        !(/; Path=\/(;|$)/.test(text) && /; Secure/.test(text) && !/Domain=/.test(text))
      ) {
        continue;
      }
      if (/max-age=0(;|$)/i.test(text)) cookies.delete(name);
      else cookies.set(name, value);
    }
  }

  const isThere = (address: string) => [origin, "http://127.0.0.1"].some((known) => address.startsWith(known));

  async function follow(page: Page, stop: (address: string) => boolean): Promise<Page> {
    let current = page;
    for (let hops = 0; hops < 20; hops++) {
      const location = current.headers.get("location");
      if (current.status < 300 || current.status > 399 || location === null) return current;
      const next = new URL(location, current.url).href;
      if (stop(next) || !isThere(next)) return { ...current, url: next };
      current = await request(next, {}, true);
    }
    throw new Error("Too many redirects");
  }

  return {
    open: async (address, stop = () => false) => follow(await request(address, {}, true), stop),
    async post(address, form, from = "https://elsewhere.example") {
      const siteOf = (url: string) => new URL(url).hostname.split(".").slice(-2).join(".");
      const isSameSite = siteOf(from) === siteOf(address);
      const body = new URLSearchParams(form);
      const init = { method: "POST", body: body.toString(), headers: { origin: from, ...FORM } };
      return follow(await request(address, init, isSameSite), () => false);
    },
    cookie: (address, name) => jar.get(new URL(address).hostname)?.get(name),
  };
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };

/** The hidden fields of the form of a page, and where it goes. */
export function readForm(html: string): { readonly action: string; readonly fields: Readonly<Record<string, string>> } {
  const attribute = (tag: string, name: string) => unescape(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? "");
  const form = /<form[^>]*>/.exec(html)?.[0] ?? "";
  const inputs = (html.match(/<input[^>]*>/g) ?? []).filter((input) => attribute(input, "name") !== "");
  const fields = inputs.map((input) => [attribute(input, "name"), attribute(input, "value")]);
  return { action: attribute(form, "action"), fields: Object.fromEntries(fields) as Record<string, string> };
}

function unescape(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replaceAll("&amp;", "&");
}
