import { html } from "hono/html";
import { formatBytes } from "../format-bytes.ts";
import { adminPage, nextPage, userLink } from "./admin-page.ts";
import { sureButton, type Html, type Notice, type Viewer } from "./page.ts";
import { table, type Column } from "./table.ts";
import { formatCount, formatDuration } from "./values.ts";

export type JobsView = {
  readonly viewer: Viewer;
  readonly notice?: Notice | undefined;
  readonly now: number;
  readonly phase: string;
  readonly phases: readonly string[];
  readonly owner: string;
  readonly jobs: readonly JobRowView[];
  /** The next page begins before this one; null: there is none. */
  readonly before: string | null;
};

export type JobRowView = {
  readonly id: string;
  /** Names of users. */
  readonly owner: string;
  readonly actor: string | null;
  readonly runId: string | null;
  readonly phase: string;
  readonly createdAt: number;
  readonly results: number;
  readonly doneResults: number;
  readonly failedResults: number;
  readonly storedBytes: number;
  readonly errorMessage: string | null;
};

/** Of a message in the table. */
const MOST_MESSAGE = 160;

const UNFINISHED = ["PENDING", "HELD", "QUEUED", "EXECUTING", "SUSPENDED"];

export function jobsPage({ viewer, notice, now, phase, phases, owner, jobs, before }: JobsView): Html {
  return adminPage(
    { title: "Jobs", viewer, notice },
    "/admin/jobs",
    html`<section>
      <form method="get" action="/admin/jobs" role="search" class="row">
        <div class="field">
          <label for="phase">Phase</label>
          <select id="phase" name="phase">
            <option value="">all</option>
            ${phases.map((one) => html`<option ${one === phase ? html`selected` : null}>${one}</option>`)}
          </select>
        </div>
        <div class="field">
          <label for="owner">User</label>
          <input id="owner" name="owner" value="${owner}" maxlength="200" autocapitalize="none" spellcheck="false" />
        </div>
        <button class="second">Show</button>
      </form>
      ${jobTable(jobs, { csrfToken: viewer.csrfToken, now, showsOwner: true })}
      ${before === null ? null : nextPage("/admin/jobs", { phase, owner, before }, "Earlier jobs")}
    </section>`,
  );
}

export function jobTable(
  jobs: readonly JobRowView[],
  { csrfToken, now, showsOwner }: { readonly csrfToken: string; readonly now: number; readonly showsOwner: boolean },
): Html {
  const owner: Column<JobRowView> = {
    title: "User",
    show: (job) => html`${userLink(job.owner)}${job.actor === null ? null : html` <small>by ${job.actor}</small>`}`,
  };
  return table<JobRowView>(
    jobs,
    [
      {
        title: "Job",
        show: ({ id, runId }) =>
          html`<code title="${id}">${id.slice(0, 8)}…</code>${runId === null ? null : ` ${runId}`}`,
      },
      ...(showsOwner ? [owner] : []),
      { title: "Phase", show: showPhase },
      {
        title: "Age",
        show: ({ createdAt }) =>
          html`<span class="whole" title="${isoOf(createdAt)}">${formatDuration(now - createdAt)}</span>`,
      },
      { title: "Results", isNumber: true, show: showResults },
      { title: "Stored", isNumber: true, show: ({ storedBytes }) => formatBytes(storedBytes) },
      { title: "", show: (job) => actions(job, csrfToken) },
    ],
    { caption: "Jobs", empty: "There are none." },
  );
}

function showPhase({ phase, errorMessage }: JobRowView): Html {
  const kind = phase === "ERROR" ? "bad" : phase === "EXECUTING" ? "strong" : "";
  return html`<span class="tag ${kind}">${phase}</span>${errorMessage === null
      ? null
      : html`<br /><small title="${errorMessage}">${errorMessage.slice(0, MOST_MESSAGE)}</small>`}`;
}

function showResults({ results, doneResults, failedResults }: JobRowView): string {
  const done = `${formatCount(doneResults)} of ${formatCount(results)}`;
  return failedResults === 0 ? done : `${done}, ${formatCount(failedResults)} failed`;
}

function actions({ id, phase }: JobRowView, csrfToken: string): Html {
  const act = (action: string, text: string) =>
    sureButton({ action: `/admin/jobs/${id}/${action}`, text, label: `${text} job ${id.slice(0, 8)}` }, csrfToken);
  return html`<div class="actions whole">
    ${UNFINISHED.includes(phase) ? act("abort", "Abort") : null} ${act("delete", "Delete")}
  </div>`;
}

function isoOf(instant: number): string {
  return new Date(instant).toISOString();
}
