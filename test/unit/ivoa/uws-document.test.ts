import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatJob, formatJobList, formatParameters, formatResults } from "../../../src/ivoa/uws-document.ts";
import { exampleJobs, exampleReferences } from "../../support/example-jobs.ts";
import { readXml, uwsFaults } from "../../support/uws-schema.ts";

describe("a job", () => {
  test.each(exampleJobs().map((job) => [job.phase, job] as const))("in %s follows the schema", (_, job) => {
    expect(uwsFaults(formatJob(job), "job")).toEqual([]);
  });

  test("with nothing in it follows the schema", () => {
    const empty = { parameters: [], results: [], info: { progress: {}, links: {} } };
    for (const job of exampleJobs()) expect(uwsFaults(formatJob({ ...job, ...empty }), "job")).toEqual([]);
  });

  test("follows the schema whatever its texts are", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, text, text, (runId, name, value, message) => {
        const parameters = [{ name: `a${name}`, value, byReference: false }];
        const error = { kind: "transient", message } as const;
        const job = { ...exampleJobs()[0], runId, owner: runId, parameters, error };
        expect(uwsFaults(formatJob(job), "job")).toEqual([]);
        expect(uwsFaults(formatParameters(parameters), "parameters")).toEqual([]);
      }),
    );
  });

  test("says nil where a value is not known, and leaves no required element out", () => {
    const document = formatJob(exampleJobs()[0]);
    for (const name of ["ownerId", "quote", "startTime", "endTime"]) {
      expect(document).toContain(`<uws:${name} xsi:nil="true"/>`);
    }
    expect(document).toContain("<uws:results/>");
    expect(document).not.toContain("errorSummary");
  });

  // pyvo reads the attribute by this text, whatever the namespace
  test("has results with the prefix xlink, media type and size", () => {
    const document = formatJob(exampleJobs()[3]);
    expect(document).toContain(
      '<uws:result id="result-1" xlink:href="https://cutout.example.org/async/k3j5/results/result-1"' +
        ' mime-type="application/fits" size="2880"/>',
    );
    expect(document).toContain('results/result-2?a=1&amp;b=2" mime-type="text/plain"/>');
  });

  test("has instants with Z and a duration that fits an xs:int", () => {
    const document = formatJob({ ...exampleJobs()[0], destructionAt: 1e16, executionDurationSeconds: 1e12 });
    expect(document).toContain("<uws:creationTime>2026-11-22T01:30:00.000Z</uws:creationTime>");
    expect(document).toContain("<uws:destruction>9999-12-31T23:59:59.999Z</uws:destruction>");
    expect(document).toContain("<uws:executionDuration>2147483647</uws:executionDuration>");
  });
});

test("a list of jobs and one without any follow the schema", () => {
  expect(uwsFaults(formatJobList(exampleReferences()), "jobs")).toEqual([]);
  expect(uwsFaults(formatJobList([]), "jobs")).toEqual([]);
  expect(readXml(formatJobList(exampleReferences())).children).toHaveLength(10);
});

test("parameters and results follow the schema, also where there are none", () => {
  for (const { parameters, results } of exampleJobs()) {
    expect(uwsFaults(formatParameters(parameters), "parameters")).toEqual([]);
    expect(uwsFaults(formatResults(results), "results")).toEqual([]);
  }
  expect(uwsFaults(formatParameters([]), "parameters")).toEqual([]);
  expect(uwsFaults(formatResults([]), "results")).toEqual([]);
});

describe("the check against the schema notices", () => {
  const good = formatJob(exampleJobs()[4]);
  test.each([
    ["a required element left out", good.replace(/<uws:ownerId>.*<\/uws:ownerId>/, "")],
    ["elements in another order", good.replace(/(<uws:phase>.*<\/uws:phase>\n)(<uws:quote.*>\n)/, "$2$1")],
    ["nil where it may not be", good.replace(/<uws:creationTime>.*</, '<uws:creationTime xsi:nil="true"><')],
    ["an instant without Z", good.replace(/(<uws:startTime>.*)Z</, "$1<")],
    ["an unknown phase", good.replace("ERROR</uws:phase>", "FAILED</uws:phase>")],
    ["no version", good.replace(' version="1.1"', "")],
    ["a result without an id", good.replace('id="result-1"', "")],
    ["an unknown element", good.replace("<uws:jobInfo", "<uws:other/><uws:jobInfo")],
    ["another namespace", good.replace("xml/UWS/v1.0", "xml/UWS/v1.1")],
  ])("%s", (_, document) => {
    expect(document).not.toBe(good);
    expect(uwsFaults(document, "job")).not.toEqual([]);
  });
});
