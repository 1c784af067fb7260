import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatJob, formatJobList, formatParameters, formatResults } from "../../src/ivoa/uws-document.ts";
import { exampleJobs, exampleReferences } from "../support/example-jobs.ts";
import { requireProgram } from "../support/outside-program.ts";

// stilts carries the schema of the IVOA, which has no licence that would let us carry it.

let folder: string;
beforeAll(() => {
  requireProgram("stilts", "stilts");
  folder = mkdtempSync(join(tmpdir(), "uws-schema-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What stilts has against a document; an exit code of 0 is none. */
function validate(document: string): { readonly status: number | null; readonly output: string } {
  const file = join(folder, "document.xml");
  writeFileSync(file, document);
  const { status, stdout, stderr } = spawnSync("stilts", ["xsdvalidate", "uselocals=true", `doc=${file}`], {
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

const documents: [string, string][] = [
  ...exampleJobs().map((job): [string, string] => [`a job in ${job.phase}`, formatJob(job)]),
  ["a list of jobs", formatJobList(exampleReferences())],
  ["a list without jobs", formatJobList([])],
  ["parameters", formatParameters(exampleJobs()[0].parameters)],
  ["no parameters", formatParameters([])],
  ["results", formatResults(exampleJobs()[3].results)],
  ["no results", formatResults([])],
];

test.each(documents)("%s is valid by the schema of UWS 1.1", (_, document) => {
  const { status, output } = validate(document);
  expect(output).not.toMatch(/ERROR|FATAL|WARNING/);
  expect(status).toBe(0);
});

describe("CLI-10: the schema refuses", () => {
  const good = formatJob(exampleJobs()[4]);
  test.each([
    ["a job without an owner", good.replace(/<uws:ownerId>.*<\/uws:ownerId>/, "")],
    ["an unknown phase", good.replace("ERROR</uws:phase>", "FAILED</uws:phase>")],
    ["a document of another root", good.replaceAll("uws:job>", "uws:task>").replace("<uws:job ", "<uws:task ")],
  ])("%s", (_, document) => expect(validate(document).output).toMatch(/ERROR/));
});
