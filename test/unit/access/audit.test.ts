import { afterEach, beforeEach, expect, test } from "vitest";
import { createAuditLog, type AuditEntry } from "../../../src/access/audit.ts";
import type { RecordsDatabase } from "../../../src/db/records-database.ts";
import { openTestRecords } from "../../support/job-services.ts";

let records: RecordsDatabase;
let now: number;
beforeEach(() => {
  records = openTestRecords();
  now = 1000;
});
afterEach(() => records.close());

const create = (onFailure: (error: unknown) => void = (error) => expect.fail(String(error))) =>
  createAuditLog({ records, now: () => now, onFailure });

const entry = (rest: Partial<AuditEntry> = {}): AuditEntry => ({
  ...{ actor: "usr_a", actorName: "ana", action: "sign-in", subject: "ana", address: "192.0.2.1", ...rest },
});

test("entries come back whole, newest first, in pieces", async () => {
  const audit = create();
  audit.record(entry());
  now = 2000;
  audit.record(entry({ action: "token-created", subject: "laptop", detail: { scopes: ["read"] }, actor: null }));
  const [second, first] = await audit.list({ last: 10 });
  expect(first).toEqual({ id: 1, at: 1000, ...entry(), detail: {} });
  expect(second).toMatchObject({ id: 2, at: 2000, actor: null, detail: { scopes: ["read"] } });
  expect(await audit.list({ last: 1 })).toEqual([second]);
  expect(await audit.list({ last: 1, before: 2 })).toEqual([first]);
});

test("entries are searched by who and what", async () => {
  const audit = create();
  audit.record(entry());
  audit.record(entry({ actor: "usr_b", action: "sign-out" }));
  expect(await audit.list({ actor: "usr_b", last: 9 })).toMatchObject([{ action: "sign-out" }]);
  expect(await audit.list({ action: "sign-in", last: 9 })).toMatchObject([{ actor: "usr_a" }]);
  expect(await audit.list({ actor: "usr_b", action: "sign-in", last: 9 })).toEqual([]);
});

test("what is old is forgotten, and its number is not given again", async () => {
  const audit = create();
  audit.record(entry());
  now = 2000;
  expect(await audit.prune(1000)).toBe(0);
  expect(await audit.prune(1001)).toBe(1);
  audit.record(entry());
  expect(await audit.list({ last: 9 })).toMatchObject([{ id: 2 }]);
});

test("what cannot be written down is told, and keeps nothing from happening", () => {
  const failures: unknown[] = [];
  const audit = create((error) => failures.push(error));
  records.sqlite.exec("drop table audit");
  audit.record(entry());
  expect(failures).toHaveLength(1);
});
