import { describe, expect, it } from "vitest";
import { Parameters } from "../../../src/ivoa/parameters.ts";
import { SODA_PARAMETERS } from "../../../src/ivoa/soda-parameters.ts";
import { checkJobParameters, SHARED_PARAMETERS } from "../../../src/jobs/job-parameters.ts";

const check = (text: string) => () =>
  checkJobParameters(new Parameters(new URLSearchParams(text.replaceAll("+", "%2B"))));

describe("checkJobParameters", () => {
  it.each([
    "",
    "ID=anything&ID=other",
    "POS=CIRCLE 1 2 3&POS=RANGE 1 2 3 4&CIRCLE=1 2 3&POLYGON=1 2 3 4 5 6",
    "BAND=1 2&BAND=-Inf +Inf&TIME=1 2&TIME=3 4&FILTER=any&FILTER=other",
    "BAND=g&BAND=r",
    "POL=I&POL=Q&PLANE=mask&RUNID=x&SIZE=1 x 2&RA_COLUMN=alpha&unknown=1&POS=&MASK=outside",
  ])("lets pass %s", (text) => {
    expect(check(text)).not.toThrow();
  });

  it.each([
    ["POS=CIRCLE 1 2 3&POS=CIRCLE 1 2", "CIRCLE"],
    ["CIRCLE=x", "CIRCLE"],
    ["BAND=2 1", "BAND"],
    ["BAND=g&FILTER=r", "BAND"],
    ["TIME=1", "TIME"],
    ["POL=Z", "POL"],
    ["PLANE=x", "PLANE"],
    ["MASK=x", "MASK"],
    ["FORMAT=fits&RESPONSEFORMAT=fits", "RESPONSEFORMAT"],
    ["CHECKSUMS=always&CHECKSUMS=always", "CHECKSUMS"],
    [`RUNID=${"x".repeat(65)}`, "RUNID"],
    ["SIZE=0", "SIZE"],
    ["SIZE=1&SIZE=2", "SIZE"],
    ["RA_COLUMN=a&RA_COLUMN=b", "RA_COLUMN"],
  ])("refuses %s", (text, name) => {
    expect(check(text)).toThrow(
      expect.objectContaining({ code: "usage", message: expect.stringContaining(name) as string }),
    );
  });

  it("knows every parameter of /sync: multiplied, shared, or the job's own", () => {
    const multiplied = ["ID", "POS", "CIRCLE", "POLYGON", "BAND", "FILTER", "TIME"];
    const known = [...multiplied, ...SHARED_PARAMETERS, "RUNID"];
    const all = Object.values(SODA_PARAMETERS).flatMap(({ name, synonyms }) => [name, ...synonyms]);
    expect([...known].sort()).toEqual([...all].sort());
  });
});
