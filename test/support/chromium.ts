import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

export type Chromium = {
  /** A window of its own, without the cookies of others. */
  newWindow(): Promise<ChromiumWindow>;
  close(): Promise<void>;
};

export type ChromiumWindow = {
  /** Resolves when the page has loaded. */
  open(url: string): Promise<void>;
  /** Value of an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Does something in the page that leads to another, and waits for that one. */
  leave(expression: string): Promise<void>;
  /** Presses a key on what has the focus. */
  press(key: "Tab" | "Enter" | "Space"): Promise<void>;
  type(text: string): Promise<void>;
  resize(width: number, scheme: "light" | "dark"): Promise<void>;
  /** The whole page, as PNG. */
  screenshot(path: string): Promise<void>;
  /** What the console and the page's policy complained of. */
  readonly complaints: readonly string[];
};

type Message = {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
};

const STEP_MILLISECONDS = 20_000;

/** Debian's Chromium, by the DevTools protocol over a pipe. Names of `.localhost` are this machine, others lead nowhere. */
export async function startChromium(): Promise<Chromium> {
  const profile = await mkdtemp(join(tmpdir(), "recorte-chromium-"));
  const child = spawn(
    "chromium",
    [
      ...["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"],
      ...[
        `--user-data-dir=${profile}`,
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
      ],
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  let left = "";
  let lastId = 0;
  output.setEncoding("utf8");
  output.on("data", (chunk: string) => {
    const texts = (left + chunk).split("\0");
    left = texts.pop() ?? "";
    for (const message of texts.map((text) => JSON.parse(text) as Message)) {
      if (message.id !== undefined) waiting.get(message.id)?.(message);
      else for (const listener of listeners) listener(message);
    }
  });

  async function send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++lastId;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    input.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    const { result = {}, error } = await inTime(answer, method);
    waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  async function newWindow(): Promise<ChromiumWindow> {
    const { browserContextId } = await send("Target.createBrowserContext");
    const { targetId } = await send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = (await send("Target.attachToTarget", { targetId, flatten: true })) as { sessionId: string };
    const ask = (method: string, params: object = {}) => send(method, params, sessionId);
    const complaints: string[] = [];
    const once = (method: string) =>
      new Promise<void>((resolve) => {
        const listener = (message: Message) => {
          if (message.sessionId !== sessionId || message.method !== method) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
      });
    listeners.add(({ sessionId: from, method, params }) => {
      if (from === sessionId && method === "Log.entryAdded") {
        const { text } = (params as { entry: { text: string } }).entry;
        complaints.push(text);
      }
    });
    for (const domain of ["Page", "Runtime", "Log"]) await ask(`${domain}.enable`);

    async function evaluate<T>(expression: string): Promise<T> {
      const { result, exceptionDetails } = (await ask("Runtime.evaluate", {
        expression,
        returnByValue: true,
        awaitPromise: true,
      })) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? expression);
      return result.value;
    }
    async function thenLoaded(action: () => Promise<unknown>): Promise<void> {
      const loaded = once("Page.loadEventFired");
      await action();
      await inTime(loaded, "loading the page");
    }
    return {
      complaints,
      evaluate,
      open: (url) => thenLoaded(() => ask("Page.navigate", { url })),
      leave: (expression) => thenLoaded(() => evaluate(expression)),
      async press(key) {
        const known = { Tab: [9, undefined], Enter: [13, "\r"], Space: [32, " "] } as const;
        const [windowsVirtualKeyCode, text] = known[key];
        const event = { key: key === "Space" ? " " : key, code: key, windowsVirtualKeyCode };
        await ask("Input.dispatchKeyEvent", { ...event, text, type: "keyDown" });
        await ask("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
      },
      type: (text) => ask("Input.insertText", { text }).then(() => undefined),
      async resize(width, scheme) {
        const height = 900;
        await ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
        await ask("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
      },
      async screenshot(path) {
        const { data } = await ask("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
        await writeFile(path, Buffer.from(data as string, "base64"));
      },
    };
  }

  return {
    newWindow,
    async close() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await send("Browser.close").catch(() => child.kill());
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))]);
      child.kill("SIGKILL");
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Chromium did not answer in time: ${what}`)), STEP_MILLISECONDS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
