import { expect, test } from "vitest";
import { addHistoryRoutes } from "../../../src/http/history-routes.ts";
import type { SyncHistory } from "../../../src/jobs/sync-history.ts";
import { ANA } from "../../support/job-services.ts";
import { createRoutesApp, everybodyIs } from "../../support/service-frame.ts";

type Filter = Parameters<SyncHistory["list"]>[0];

/** The answer to this query, and what was asked of the history for it. */
async function ask(query: string): Promise<{ status: number; text: string; filter: Filter | undefined }> {
  const asked: Filter[] = [];
  const list: SyncHistory["list"] = (filter) => {
    asked.push(filter);
    return [];
  };
  const app = createRoutesApp(
    (routes) => addHistoryRoutes(routes, { history: { list } as SyncHistory }),
    everybodyIs(ANA),
  );
  const response = await app.request(`/history${query}`);
  return { status: response.status, text: await response.text(), filter: asked[0] };
}

test("is asked for the last hundred, or as many as LAST says up to ten thousand", async () => {
  expect((await ask("")).filter).toEqual({ owner: ANA.id, after: undefined, last: 100 });
  expect((await ask("?last=3")).filter?.last).toBe(3);
  expect((await ask("?LAST=99999999")).filter?.last).toBe(10_000);
});

test.each(["2026-01-31", "2026-01-31T00:00:00", "2026-01-31T00:00:00.000Z", "2026-01-31T02:00:00%2B02:00"])(
  "takes what /async takes for AFTER: %s",
  async (after) => {
    expect((await ask(`?AFTER=${after}`)).filter?.after).toBe(Date.UTC(2026, 0, 31));
  },
);

test.each([
  ["LAST=0", 'Cannot use LAST "0": it needs a number of requests, 1 or more'],
  ["LAST=x", 'Cannot use LAST "x": it needs a number of requests, 1 or more'],
  ["LAST=1&LAST=2", "Cannot use LAST: it is given 2 times and takes one value"],
  ["AFTER=x", 'Cannot read AFTER "x": it is no ISO 8601; it needs an instant in UTC such as 2026-01-31T12:00:00Z'],
])("%s is refused in words of ours", async (query, message) => {
  expect(await ask(`?${query}`)).toMatchObject({ status: 400, text: `UsageError: ${message}\n` });
});
