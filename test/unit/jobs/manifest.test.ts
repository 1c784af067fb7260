import { expect, it } from "vitest";
import type { ListedRow } from "../../../src/jobs/job-service.ts";
import type { Job, JobResult } from "../../../src/jobs/job.ts";
import { formatManifestCsv, formatManifestJson, listStored, type JobContents } from "../../../src/jobs/manifest.ts";

const START = Date.UTC(2026, 10, 22, 1, 30);

const JOB: Job = {
  id: "abcdefgh",
  actor: null,
  owner: "ana",
  runId: "night 1",
  phase: "COMPLETED",
  parameters: [["ID", "des_dr2"]],
  createdAt: START,
  queuedAt: START,
  startedAt: START + 1000,
  endedAt: START + 9000,
  destructionAt: START + 1e9,
  extensionsLeft: 2,
  quoteAt: null,
  executionDurationSeconds: 0,
  error: null,
  progress: { total: 0, waiting: 0, running: 0, done: 0, empty: 0, failed: 0, storedBytes: 0 },
};

function resultOf(number: number, more: Partial<JobResult> = {}): JobResult {
  return {
    jobId: JOB.id,
    number,
    rowNumber: null,
    recipe: [["ID", "des_dr2"], ["POS", "CIRCLE 36.3 -10.2 0.01"], ["FILTER", "g"]],
    state: "DONE",
    attempts: 1,
    startedAt: START + 1000,
    endedAt: START + 2000,
    file: { name: `${number}.fits`, mediaType: "application/fits", byteLength: 2880, sha256: "ab".repeat(32) },
    message: null,
    datasets: ["ivo://x/des_dr2?A/g"],
    missing: [],
    ...more,
  }; // prettier-ignore
}

const unfinished = { file: null, endedAt: null, startedAt: null, datasets: [] };

function contentsOf(results: JobResult[], more: Partial<JobContents> = {}): JobContents {
  const present = new Set(results.flatMap(({ file }) => (file === null ? [] : [file.name])));
  return { job: JOB, results, rows: [], present, ...more };
}

type ManifestDocument = { job: Record<string, unknown>; results: Record<string, unknown>[] };
const jsonOf = (contents: JobContents) => JSON.parse([...formatManifestJson(contents)].join("")) as ManifestDocument;
const csvOf = (contents: JobContents) => [...formatManifestCsv(contents)].join("");

const row = (number: number, columns: Record<string, string>): ListedRow => ({ number, id: `star${number}`, columns });

it("tells of a file where it comes from, and how to have it again", () => {
  const contents = contentsOf([resultOf(1, { rowNumber: 2 })], {
    rows: [row(1, { mag: "18" }), row(2, { mag: "19" })],
  });
  expect(jsonOf(contents).results).toEqual([
    {
      result: "result-1",
      row: 2,
      rowId: "star2",
      state: "DONE",
      file: "1.fits",
      mediaType: "application/fits",
      byteLength: 2880,
      sha256: "ab".repeat(32),
      endedAt: "2026-11-22T01:30:02.000Z",
      why: null,
      request: "ID=des_dr2&POS=CIRCLE+36.3+-10.2+0.01&FILTER=g",
      datasets: ["ivo://x/des_dr2?A/g"],
      missing: [],
      columns: { mag: "19" },
    },
  ]);
});

it("says why there is no file: empty, failed, lost, not made, not yet", () => {
  const results = [
    resultOf(1, { state: "EMPTY", message: "Error: No image overlaps", ...unfinished }),
    resultOf(2, { state: "FAILED", message: "Error: The image's file is damaged", ...unfinished }),
    resultOf(3),
    resultOf(4, { state: "WAITING", ...unfinished }),
  ];
  const aborted = contentsOf(results, { job: { ...JOB, phase: "ABORTED" }, present: new Set() });
  expect(jsonOf(aborted).results.map(({ state, file, why }) => [state, file, why])).toEqual([
    ["EMPTY", null, "Error: No image overlaps"],
    ["FAILED", null, "Error: The image's file is damaged"],
    ["FAILED", null, "Error: The file is not there any more; the job can be run again to make it anew"],
    ["WAITING", null, "It was not made: the job is ABORTED"],
  ]);
  expect(listStored(aborted)).toEqual([]);
  const running = jsonOf({ ...aborted, job: { ...JOB, phase: "EXECUTING" } });
  expect(running.results[3]).toMatchObject({ state: "WAITING", why: null });
});

it("says of the job what it is, whether all is there, and how much of what", () => {
  const results = [resultOf(1), resultOf(2), resultOf(3, { state: "RUNNING", ...unfinished })];
  const running = jsonOf(
    contentsOf(results, { job: { ...JOB, phase: "EXECUTING", endedAt: null }, present: new Set(["1.fits"]) }),
  );
  expect(running.job).toEqual({
    id: "abcdefgh",
    runId: "night 1",
    phase: "EXECUTING",
    complete: false,
    createdAt: "2026-11-22T01:30:00.000Z",
    startedAt: "2026-11-22T01:30:01.000Z",
    endedAt: null,
    parameters: [["ID", "des_dr2"]],
    error: null,
    results: { total: 3, done: 1, empty: 0, failed: 1, running: 1, waiting: 0 },
  });
  expect(jsonOf(contentsOf([])).job).toMatchObject({ complete: true });
});

it("keeps the address of a job that is nobody's to itself: who knows it has the job", () => {
  expect(jsonOf(contentsOf([], { job: { ...JOB, owner: "anonymous" } })).job.id).toBeNull();
});

it("is csv with our columns, then those of the list", () => {
  const contents = contentsOf([resultOf(1, { rowNumber: 1 })], {
    rows: [row(1, { RA: "36.3", DEC: "-10.2", note: "" })],
  });
  expect(csvOf(contents)).toBe(
    "result,row,row_id,state,file,media_type,bytes,sha256,ended_at,why,request,datasets,missing,RA,DEC,note\r\n" +
      `result-1,1,star1,DONE,1.fits,application/fits,2880,${"ab".repeat(32)},2026-11-22T01:30:02.000Z,,` +
      "ID=des_dr2&POS=CIRCLE+36.3+-10.2+0.01&FILTER=g,ivo://x/des_dr2?A/g,,36.3,-10.2,\r\n",
  );
});

it("is csv that keeps commas, quotes and lines, and is no formula to a spreadsheet", () => {
  const values = {
    comma: "a,b",
    quote: 'say "x"',
    lines: "a\nb",
    blank: " a",
    formula: '=HYPERLINK("http://x")',
    plus: "+cmd",
    at: "@SUM(A1)",
    minus: "-1+1",
    tab: "\t=1",
    number: "-10.2",
    signed: "+5e-3",
    point: "-.5",
  };
  const [, line] = csvOf(contentsOf([resultOf(1, { rowNumber: 1 })], { rows: [row(1, values)] })).split("\r\n");
  expect(line.split(",ivo://x/des_dr2?A/g,,")[1]).toBe(
    '"a,b","say ""x""","a\nb"," a","\'=HYPERLINK(""http://x"")",\'+cmd,\'@SUM(A1),\'-1+1,\'\t=1,-10.2,+5e-3,-.5',
  );
});

it("gives a column of the list another name where it has one of ours", () => {
  const contents = contentsOf([resultOf(1, { rowNumber: 1 })], {
    rows: [row(1, { file: "x", list_file: "y", File: "z" })],
  });
  expect(csvOf(contents).split("\r\n")[0]).toMatch(/,missing,list_file,list_list_file,File$/);
});

it("has a line for 50,000 results in pieces, not in one", () => {
  const results = Array.from({ length: 50_000 }, (_, i) => resultOf(i + 1, { rowNumber: i + 1 }));
  const rows = results.map(({ number }) => row(number, { RA: "1", DEC: "2" }));
  let [pieces, longest, lines] = [0, 0, 0];
  for (const piece of formatManifestCsv(contentsOf(results, { rows }))) {
    pieces++;
    longest = Math.max(longest, piece.length);
    lines += piece.split("\r\n").length - 1;
  }
  expect(lines).toBe(50_001);
  expect(pieces).toBe(50_001);
  expect(longest).toBeLessThan(1000);
});
