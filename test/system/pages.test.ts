import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfiguration } from "../../src/bin/configuration.ts";
import type { RunningServer } from "../../src/bin/server.ts";
import { openSharedServices, type SharedServices } from "../../src/bin/shared-services.ts";
import { startChromium, type Chromium, type ChromiumWindow } from "../support/chromium.ts";
import { requireProgram } from "../support/outside-program.ts";
import { startTestServer } from "../support/test-server.ts";

/** SCREENSHOTS names a folder where the pictures stay, for whoever wants to look at them. */
const { SCREENSHOTS } = process.env;
const PASSWORD = "long enough for once";
/** The longest that there can be, and one that a page must not take for markup. */
const LONG_NAME = `a${"very-long-name.".repeat(4)}x`;
const PAGES = [
  ...["/", "/account", "/tokens", "/admin", "/admin/users", `/admin/users/${LONG_NAME}`],
  ...["/admin/jobs", "/admin/audit", "/nothing"],
];

let folder: string;
let server: RunningServer;
let chromium: Chromium;
let url: string;
beforeAll(async () => {
  requireProgram("chromium", "chromium");
  requireProgram("curl", "curl");
  folder = await mkdtemp(join(tmpdir(), "recorte-pages-"));
  if (SCREENSHOTS !== undefined) await mkdir(SCREENSHOTS, { recursive: true });
  const settings = {
    ...{ RECORTE_DATA: join(folder, "data"), RECORTE_SHUTDOWN_TIMEOUT: "1" },
    ...{ RECORTE_SERVICES: "auth,cutout", RECORTE_JOB_WORKERS: "0", RECORTE_LIMITS_ADMIN: "storedBytes=20GB" },
  };
  const shared = openSharedServices(readConfiguration({ ...settings, RECORTE_LOG: "none" }));
  await fill(shared);
  shared.close();
  ({ server } = await startTestServer(settings));
  url = server.urls[0];
  chromium = await startChromium();
});
afterAll(async () => {
  await chromium.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Enough of everything that pages have something to show. */
async function fill({ access, records }: SharedServices): Promise<void> {
  const { accounts, tokens, sessions } = access;
  const ana = await accounts.create({
    name: "ana",
    fullName: "Ana Souza",
    role: "admin",
    password: PASSWORD,
    groups: ["des"],
  });
  const long = await accounts.create({
    name: LONG_NAME,
    fullName: "W".repeat(100),
    email: `${LONG_NAME}@survey.example`,
    password: null,
  });
  await accounts.update(long.id, { limits: { storedBytes: 5e9, streams: null } });
  for (let i = 0; i < 5; i++) await accounts.create({ name: `user-${i}`, password: null });
  const user = await accounts.user(ana.id);
  if (user === null) throw new Error("There is no administrator");
  const { token } = await tokens.create(user, {
    name: "n".repeat(100),
    scopes: ["read", "jobs", "admin"],
    expiresAt: null,
  });
  await tokens.create(user, { name: "notebook", scopes: ["read"], expiresAt: null });
  await tokens.revoke(ana.id, token.id);
  await sessions.begin(ana.id, "local");
  const job = records.sqlite.prepare(
    `insert into job (id, owner, priority, run_id, phase, parameters, created_at, queued_at, ended_at, destruction_at,
       extensions, execution_duration_s, error_message) values (?, ?, 1, ?, ?, '[]', ?, ?, ?, ?, 0, 0, ?)`,
  );
  const now = Date.now();
  const phases = ["QUEUED", "EXECUTING", "ERROR", "COMPLETED"];
  for (let i = 0; i < 12; i++) {
    const [owner, phase] = [i % 3 === 0 ? "anonymous" : long.id, phases[i % 4]];
    const message = phase === "ERROR" ? `Error: ${"W".repeat(200)}` : null;
    job.run(
      `job${i}abcdefghijklmnop`,
      owner,
      "R".repeat(60),
      phase,
      now - i * 7e6,
      now - i * 7e6,
      now,
      now + 1e9,
      message,
    );
  }
  const usage = records.sqlite.prepare("insert into usage (owner, stored_bytes, reserved_bytes) values (?, ?, 0)");
  usage.run(ana.id, 7e9);
  usage.run(long.id, 4.9e9);
}

const button = (text: string) =>
  `[...document.querySelectorAll("button")].find((b) => b.textContent.trim() === ${JSON.stringify(text)}).click()`;

async function signedIn(): Promise<ChromiumWindow> {
  const window = await chromium.newWindow();
  await window.open(`${url}/login`);
  await window.leave(`username.value = "ana"; password.value = "${PASSWORD}"; ${button("Sign in")}`);
  return window;
}

test("one signs in with the keyboard alone, is where one wanted to be, and signs out", async () => {
  const window = await chromium.newWindow();
  await window.open(`${url}/admin/jobs?phase=ERROR`);
  expect(await window.evaluate("location.pathname")).toBe("/login");
  expect(await window.evaluate("document.activeElement.name")).toBe("username");
  await window.type("ana");
  await window.press("Tab");
  expect(await window.evaluate("document.activeElement.name")).toBe("password");
  await window.type(PASSWORD);
  const arrived = window.leave("new Promise((resolve) => addEventListener('pagehide', resolve)), undefined");
  await window.press("Enter");
  await arrived;
  expect(await window.evaluate("location.pathname + location.search")).toBe("/admin/jobs?phase=ERROR");
  await window.leave(button("Sign out"));
  expect(await window.evaluate("document.querySelector('[role=status]').textContent")).toBe("You are signed out.");
  await window.open(`${url}/account`);
  expect(await window.evaluate("location.pathname")).toBe("/login");
});

test("a wrong password says so, keeps the name, and asks for the password again", async () => {
  const window = await chromium.newWindow();
  await window.open(`${url}/login`);
  await window.leave(`username.value = "ana"; password.value = "wrong"; ${button("Sign in")}`);
  expect(await window.evaluate("document.querySelector('[role=alert]').textContent")).toBe(
    "Name or password is wrong.",
  );
  expect(await window.evaluate("[username.value, password.value, document.activeElement.id]")).toEqual([
    "ana",
    "",
    "password",
  ]);
});

test("after signing in one is at another service of ours, where one came from", async () => {
  const window = await chromium.newWindow();
  const cutout = server.urls[1];
  await window.open(`${url}/login?${new URLSearchParams({ return_to: `${cutout}/availability` }).toString()}`);
  await window.leave(`username.value = "ana"; password.value = "${PASSWORD}"; ${button("Sign in")}`);
  expect(await window.evaluate("location.href")).toBe(`${cutout}/availability`);
});

test("a token is made, its line works as it is pasted, and it is revoked after asking again", async () => {
  const window = await signedIn();
  await window.open(`${url}/tokens`);
  await window.leave(`document.querySelector("#name").value = "pasted"; ${button("Make it")}`);
  const line = await window.evaluate<string>("[...document.querySelectorAll('pre')].at(-1).textContent");
  await look(window, "made");
  const run = () => promisify(execFile)("bash", ["-c", line.replace("curl ", "curl -s -w '%{http_code}' ")]);
  expect((await run()).stdout).toMatch(/^\{"user":"ana".*200$/s);
  await window.open(`${url}/tokens`);
  expect(await window.evaluate("document.body.textContent.includes('pasted')")).toBe(true);
  expect(await window.evaluate("document.querySelector('pre')")).toBe(null);
  await window.evaluate("document.querySelector('summary[aria-label=\"Revoke pasted\"]').click()");
  await window.leave("document.querySelector('details[open] button').click()");
  expect((await run()).stdout).toMatch(/401$/);
});

describe("every page", () => {
  test.each(PAGES)("%s fits its window and can be read, in light and dark", async (path) => {
    const window = await signedIn();
    await window.open(url + path);
    await look(window, path.slice(1, 24).replaceAll("/", "_") || "home");
    const complaints = window.complaints.filter((text) => !/status of 404/.test(text));
    expect(complaints).toEqual([]);
  });

  test("/login does so too", async () => {
    const window = await chromium.newWindow();
    await window.open(`${url}/login`);
    await look(window, "login");
    expect(window.complaints).toEqual([]);
  });
});

/** Looks at a page in wide and narrow windows, light and dark. */
async function look(window: ChromiumWindow, name: string): Promise<void> {
  const grounds = new Set<string>();
  for (const width of [1280, 380]) {
    for (const scheme of ["light", "dark"] as const) {
      await window.resize(width, scheme);
      await window.screenshot(join(SCREENSHOTS ?? folder, `${name}-${width}-${scheme}.png`));
      const needed = await window.evaluate<number>("document.documentElement.scrollWidth");
      expect([name, width, needed]).toEqual([name, width, width]);
      expect(await window.evaluate<string[]>(FAINT_TEXTS)).toEqual([]);
      expect(await window.evaluate<string[]>(NAMELESS)).toEqual([]);
      grounds.add(await window.evaluate<string>("getComputedStyle(document.body).backgroundColor"));
    }
  }
  expect(grounds.size).toBe(2);
}

/** Texts whose contrast is below 4.5 (WCAG 2.2, success criterion 1.4.3). */
const FAINT_TEXTS = `(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (element) => {
    for (let e = element; e !== null; e = e.parentElement) {
      const color = numbers(getComputedStyle(e).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")].filter((element) => {
    const isShown = element.checkVisibility() && [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== "");
    if (!isShown) return false;
    const [a, b] = [luminance(numbers(getComputedStyle(element).color)), luminance(ground(element))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05) < 4.5;
  }).map((element) => element.outerHTML.slice(0, 200));
})()`;

/** What one can operate, and that says not what it is. */
const NAMELESS = `[...document.querySelectorAll("input:not([type=hidden]):not([aria-hidden]), select, button, a")]
  .filter((e) => !(e.labels?.length > 0) && !e.getAttribute("aria-label") && e.textContent.trim() === "")
  .map((e) => e.outerHTML.slice(0, 200))`;
