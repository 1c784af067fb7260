import { html } from "hono/html";
import { formatBytes } from "../format-bytes.ts";
import { adminPage, addressOf, userLink } from "./admin-page.ts";
import type { Html, Viewer } from "./page.ts";
import { table } from "./table.ts";
import { formatCount, formatDuration, showInstant } from "./values.ts";

export type OverviewView = {
  readonly viewer: Viewer;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly phases: readonly { readonly phase: string; readonly jobs: number }[];
  readonly queue: {
    readonly waitingJobs: number;
    readonly runningJobs: number;
    readonly waitingResults: number;
    readonly runningResults: number;
    readonly oldestQueuedAt: number | null;
    readonly workers: number;
  };
  readonly disk: {
    readonly storedBytes: number;
    readonly reservedBytes: number;
    /** null: nobody knows. */
    readonly freeBytes: number | null;
    readonly largest: readonly { readonly owner: string; readonly storedBytes: number }[];
  };
  readonly roles: readonly string[];
  /** `values`: one for each role, in the same order. */
  readonly limits: readonly LimitRow[];
  readonly errors: readonly ErrorView[];
};

type LimitRow = { readonly name: string; readonly meaning: string; readonly values: readonly string[] };

export type ErrorView = {
  readonly at: number;
  readonly owner: string;
  readonly what: "job" | "result" | "request";
  /** Job id, or parameters. */
  readonly subject: string;
  readonly message: string;
};

export function overviewPage(view: OverviewView): Html {
  const { viewer, phases, disk, roles, limits, errors } = view;
  return adminPage(
    { title: "Administration", viewer },
    "/admin",
    html`<section aria-labelledby="queue">
        <h2 id="queue">Queue</h2>
        ${queue(view)}
      </section>
      <div class="columns">
        <section aria-labelledby="phases">
          <h2 id="phases">Jobs</h2>
          ${table(
            phases,
            [
              {
                title: "Phase",
                show: ({ phase }) => html`<a href="${addressOf("/admin/jobs", { phase })}">${phase}</a>`,
              },
              { title: "Jobs", isNumber: true, show: ({ jobs }) => formatCount(jobs) },
            ],
            { caption: "Jobs by phase", empty: "There are no jobs." },
          )}
        </section>
        <div>
          <section aria-labelledby="disk">
            <h2 id="disk">Disk</h2>
            ${figures([
              ["Results", formatBytes(disk.storedBytes), null],
              ["Set apart for running jobs", formatBytes(disk.reservedBytes), null],
              ["Free", disk.freeBytes === null ? "–" : formatBytes(disk.freeBytes), null],
            ])}
          </section>
          <section aria-labelledby="largest">
            <h2 id="largest">Who stores most</h2>
            ${table(
              disk.largest,
              [
                { title: "User", show: ({ owner }) => userLink(owner) },
                { title: "Results", isNumber: true, show: ({ storedBytes }) => formatBytes(storedBytes) },
              ],
              { caption: "Users by bytes stored", empty: "Nobody stores anything." },
            )}
          </section>
        </div>
      </div>
      <section aria-labelledby="limits">
        <h2 id="limits">Limits by role</h2>
        ${table(
          limits,
          [
            { title: "Limit", show: ({ name, meaning }) => html`${meaning} <small><code>${name}</code></small>` },
            ...roles.map((role, i) => ({ title: role, isNumber: true, show: ({ values }: LimitRow) => values[i] })),
          ],
          { caption: "Limits by role", empty: "Nothing is limited." },
        )}
        <p class="quiet">
          A user may have others. Of who has not signed in they are of one address, but for waits and stored bytes.
        </p>
      </section>
      <section aria-labelledby="errors">
        <h2 id="errors">Last errors</h2>
        ${table(
          errors,
          [
            { title: "When", show: ({ at }) => showInstant(at) },
            { title: "User", show: ({ owner }) => userLink(owner) },
            { title: "What", show: ({ what, subject }) => html`${what} <code>${subject}</code>` },
            { title: "Message", show: ({ message }) => message },
          ],
          { caption: "Errors", empty: "None on record." },
        )}
      </section>`,
  );
}

function queue({
  queue: { waitingJobs, runningJobs, waitingResults, runningResults, oldestQueuedAt, workers },
  now,
}: OverviewView): Html {
  return figures([
    ["Jobs that wait", formatCount(waitingJobs), `${formatCount(waitingResults)} results`],
    ["Jobs that run", formatCount(runningJobs), `${formatCount(runningResults)} results now`],
    ["Longest wait", oldestQueuedAt === null ? "–" : formatDuration(now - oldestQueuedAt), null],
    ["Workers", formatCount(workers), null],
  ]);
}

function figures(list: readonly (readonly [title: string, value: string, more: string | null])[]): Html {
  return html`<dl class="figures">
    ${list.map(
      ([title, value, more]) =>
        html`<div>
          <dt>${title}</dt>
          <dd>${value}${more === null ? null : html`<small>${more}</small>`}</dd>
        </div>`,
    )}
  </dl>`;
}
