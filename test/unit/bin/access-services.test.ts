import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createAccessServices, type AccessServices } from "../../../src/bin/access-services.ts";
import { readConfiguration } from "../../../src/bin/configuration.ts";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import { openTestRecords } from "../../support/job-services.ts";

const DAY = 86_400_000;

let records: RecordsDatabase;
let access: AccessServices;

beforeEach(() => {
  vi.useFakeTimers();
  records = openTestRecords();
  access = createAccessServices(readConfiguration({ RECORTE_LOG: "none", RECORTE_AUDIT_DAYS: "30" }), records);
});
afterEach(() => {
  access.close();
  records.close();
  vi.useRealTimers();
});

const count = (table: string) => records.sqlite.prepare(`select count(*) from ${table}`).pluck().get();

test("what has outlived its use is deleted at the start and every hour, and nothing else", async () => {
  const { id } = await access.accounts.create({ name: "ana", password: null });
  const user = await access.accounts.user(id);
  if (user === null) throw new Error("there is no such user");
  const expiresAt = Date.now() + DAY;
  await access.sessions.begin(id, "local");
  await access.tokens.create(user, { name: "short", scopes: ["read"], expiresAt });
  await access.tokens.create(user, { name: "long", scopes: ["read"], expiresAt: null });
  access.audit.record({ actor: id, actorName: "ana", action: "sign-in", subject: "ana", address: null });
  const counts = () => [count("session"), count("api_token"), count("audit")];

  access.startPruning();
  await vi.advanceTimersByTimeAsync(13 * DAY);
  expect(counts()).toEqual([1, 2, 1]);
  await vi.advanceTimersByTimeAsync(2 * DAY);
  expect(counts()).toEqual([0, 2, 1]);
  await vi.advanceTimersByTimeAsync(16 * DAY);
  expect(counts()).toEqual([0, 2, 0]);
  await vi.advanceTimersByTimeAsync(61 * DAY);
  expect(counts()).toEqual([0, 1, 0]);
});

test("after it is closed it looks at the records no more", async () => {
  access.startPruning();
  await vi.advanceTimersByTimeAsync(DAY);
  expect(vi.getTimerCount()).toBeGreaterThan(0);
  access.close();
  expect(vi.getTimerCount()).toBe(0);
});
