import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JobPhase } from "../../src/jobs/job.ts";
import { DAY } from "../support/job-services.ts";
import { ANAS, BENS, child, createUwsApp, CUTOUT, ORIGIN, type UwsApp } from "../support/uws-app.ts";
import { readXml, uwsFaults, type XmlElement } from "../support/uws-schema.ts";

// UWS 1.1, by the numbers of its requirements.

const HREF = "{http://www.w3.org/1999/xlink}href";
const NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil";

let uws: UwsApp;
beforeEach(() => {
  uws = createUwsApp();
});
afterEach(() => {
  expect(uws.faults, "faults of the service").toEqual([]);
  uws.close();
});

const idOf = (path: string) => path.split("/").at(-1) ?? "";
const textOf = (element: XmlElement, local: string) => child(element, local)?.text;
const phaseOf = (path: string) => uws.text(`${path}/phase`);

async function expectRedirect(response: Response, path: string): Promise<void> {
  expect([response.status, await response.text()]).toEqual([303, ""]);
  expect(response.headers.get("location")).toBe(ORIGIN + path);
}

async function expectRefusal(response: Response, status: number, message = /./): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  const text = await response.text();
  expect(text).toMatch(/^(UsageError|AuthorizationError|AuthenticationError|MultiValuedParamNotSupported): /);
  expect(text).toMatch(message);
}

/** A job that has run: two files, nothing on the sky, and a damaged file. */
async function createFinished(headers: Record<string, string> = {}): Promise<string> {
  const path = await uws.create(`${CUTOUT}&PHASE=RUN`, headers);
  uws.work(["DONE", "EMPTY", "DONE", "FAILED"]);
  return path;
}

describe("making a job", () => {
  test("UWS-1 a POST makes a job below /async and redirects to it; it is PENDING until it is asked to run", async () => {
    const response = await uws.post("/async", CUTOUT);
    const path = new URL(response.headers.get("location") ?? "").pathname;
    expect(path).toMatch(/^\/async\/[^/]{20,}$/);
    await expectRedirect(response, path);
    expect(await phaseOf(path)).toBe("PENDING");
  });

  test("UWS-1 a job that can never be is refused, with a label of SODA", async () => {
    await expectRefusal(await uws.post("/async", "ID=none&CIRCLE=1+2+3&PHASE=RUN"), 404);
    await expectRefusal(await uws.post("/async", "PHASE=RUN"), 400, /ID/);
  });

  test("UWS-21 PHASE=RUN in the form runs it at once", async () => {
    expect(await phaseOf(await uws.create(`${CUTOUT}&PHASE=RUN`))).toBe("QUEUED");
  });

  test("UWS-27 any other PHASE at creation is refused, and makes no job", async () => {
    await expectRefusal(await uws.post("/async", `${CUTOUT}&PHASE=ABORT`, ANAS), 400, /PHASE/);
    expect((await uws.xml("/async", ANAS)).children).toEqual([]);
  });

  test("UWS-22 PHASE=RUN in the query of the POST does, too", async () => {
    const response = await uws.post("/async?PHASE=RUN", CUTOUT);
    expect(await phaseOf(new URL(response.headers.get("location") ?? "").pathname)).toBe("QUEUED");
  });

  test("SODA-32 two shapes and two bands are four results", async () => {
    const path = await uws.create(`${CUTOUT}&PHASE=RUN`);
    uws.work(["DONE", "DONE", "DONE", "DONE"]);
    expect((await uws.xml(`${path}/results`)).children).toHaveLength(4);
  });
});

describe("the document of a job", () => {
  const PHASES: readonly JobPhase[] = [
    "PENDING",
    "QUEUED",
    "EXECUTING",
    "COMPLETED",
    "ERROR",
    "ABORTED",
    "HELD",
    "SUSPENDED",
    "ARCHIVED",
    "UNKNOWN",
  ];

  test.each(PHASES)("UWS-2 UWS-3 follows the schema in phase %s", async (phase) => {
    for (const states of [[], ["DONE", "EMPTY", "FAILED", "RUNNING"]] as const) {
      const path = await uws.create(states.length > 0 ? `${CUTOUT}&PHASE=RUN` : CUTOUT, ANAS);
      uws.work(states);
      uws.setPhase(idOf(path), phase);
      const response = await uws.send(path, { headers: ANAS });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("application/xml; charset=utf-8");
      expect(uwsFaults(await response.text(), "job")).toEqual([]);
    }
  });

  test("UWS-4 says version 1.1, as the list of jobs does", async () => {
    expect((await uws.xml(await uws.create())).attributes.version).toBe("1.1");
    expect((await uws.xml("/async")).attributes.version).toBe("1.1");
  });

  test("UWS-5 DALI-20a has its creation and all other instants in UTC with Z", async () => {
    uws.clock.value = Date.UTC(2026, 10, 22, 1, 2, 3, 45);
    const path = await uws.create(`${CUTOUT}&PHASE=RUN`);
    uws.clock.value += 61_000;
    uws.work(["DONE", "DONE", "DONE", "DONE"]);
    const job = await uws.xml(path);
    expect(textOf(job, "creationTime")).toBe("2026-11-22T01:02:03.045Z");
    expect(textOf(job, "startTime")).toBe("2026-11-22T01:03:04.045Z");
    expect(textOf(job, "endTime")).toBe("2026-11-22T01:03:04.045Z");
    expect(textOf(job, "destruction")).toBe("2026-12-06T01:02:03.045Z");
  });

  test("UWS-6 has the parameters with their names as ids, several values of one among them", async () => {
    const parameters = child(await uws.xml(await uws.create()), "parameters")?.children ?? [];
    const given = parameters.map(({ attributes, text }) => `${attributes.id}=${text}`);
    expect(given.sort()).toEqual(
      ["ID=des_dr2", "CIRCLE=36 -10 0.1", "CIRCLE=37 -10 0.1", "FILTER=g", "FILTER=r", "RUNID=mine"].sort(),
    );
  });

  test("UWS-7 has the RUNID that the client gave", async () => {
    expect(textOf(await uws.xml(await uws.create()), "runId")).toBe("mine");
    expect(child(await uws.xml(await uws.create("ID=des_dr2")), "runId")).toBeUndefined();
  });

  test("UWS-8 has its owner, and nil where nobody signed in", async () => {
    const owner = child(await uws.xml(await uws.create()), "ownerId");
    expect(owner?.attributes[NIL]).toBe("true");
    expect(textOf(await uws.xml(await uws.create(CUTOUT, ANAS), ANAS), "ownerId")).toBe("Ana");
  });

  test("AUTH-13a has results on its own host, given there and then, so that clients do not lose their token", async () => {
    const path = await createFinished(ANAS);
    const results = child(await uws.xml(path, ANAS), "results")?.children ?? [];
    expect(results).toHaveLength(4);
    for (const { attributes } of results) {
      expect(new URL(attributes[HREF]).origin).toBe(ORIGIN);
      expect((await uws.send(attributes[HREF], { headers: ANAS })).status).toBe(200);
      expect((await uws.send(attributes[HREF])).status).toBe(404);
    }
  });

  test("UWS-16 has results with ids of their own, and the literal prefix xlink", async () => {
    const path = await createFinished();
    const document = await uws.text(path);
    expect(document).toContain(`<uws:result id="result-1" xlink:href="${ORIGIN}${path}/results/result-1"`);
    const results = child(readXml(document), "results")?.children ?? [];
    expect(new Set(results.map(({ attributes }) => attributes.id)).size).toBe(4);
    expect(results[0].attributes).toMatchObject({ "mime-type": "application/fits", size: "6" });
  });

  test("has its progress, and where its events and archives are, in a namespace of ours", async () => {
    const path = await createFinished();
    const info = child(await uws.xml(path), "jobInfo");
    expect(info?.children[0].attributes).toEqual({
      total: "4",
      waiting: "0",
      running: "0",
      done: "2",
      empty: "1",
      failed: "1",
      storedBytes: "12",
    });
    expect(info?.children.every(({ name }) => name.startsWith("{urn:recorte:"))).toBe(true);
    expect(info?.children[1].attributes).toEqual({
      events: `${ORIGIN}${path}/events`,
      "manifest.json": `${ORIGIN}${path}/manifest.json`,
      "manifest.csv": `${ORIGIN}${path}/manifest.csv`,
      "all.zip": `${ORIGIN}${path}/results/all.zip`,
      "all.tar": `${ORIGIN}${path}/results/all.tar`,
    });
  });

  test("is not to be kept, and need not be sent again to who has it", async () => {
    const path = await uws.create();
    const response = await uws.send(path);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const etag = response.headers.get("etag") ?? "";
    expect((await uws.send(path, { headers: { "if-none-match": etag } })).status).toBe(304);
    await uws.post(`${path}/phase`, "PHASE=ABORT");
    expect((await uws.send(path, { headers: { "if-none-match": etag } })).status).toBe(200);
  });
});

describe("what a job consists of", () => {
  test.each([
    ["UWS-9", "phase", "PENDING"],
    ["UWS-10", "executionduration", "0"],
    ["UWS-11", "destruction", "2026-01-15T00:00:00.000Z"],
    ["UWS-12", "quote", ""],
    ["UWS-13", "owner", "Ana"],
  ])("%s /%s is a text by itself", async (_, name, expected) => {
    const response = await uws.send(`${await uws.create(CUTOUT, ANAS)}/${name}`, { headers: ANAS });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await response.text()).toBe(expected);
  });

  test("UWS-12 /quote is an instant where there is an estimate", async () => {
    const path = await uws.create(`${CUTOUT}&PHASE=RUN`);
    expect(await uws.text(`${path}/quote`)).toMatch(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)?$/);
  });

  test("UWS-13 /owner of nobody's job is empty", async () => {
    expect(await uws.text(`${await uws.create()}/owner`)).toBe("");
  });

  test("UWS-14 /parameters is a document", async () => {
    const response = await uws.send(`${await uws.create()}/parameters`);
    expect(response.headers.get("content-type")).toMatch(/^application\/xml/);
    const document = await response.text();
    expect(uwsFaults(document, "parameters")).toEqual([]);
    expect(readXml(document).children).toHaveLength(6);
  });

  test("UWS-15 /results is a document at any time, with or without results", async () => {
    const path = await uws.create();
    expect((await uws.send(`${path}/results`)).status).toBe(200);
    expect(uwsFaults(await uws.text(`${path}/results`), "results")).toEqual([]);
    expect((await uws.xml(`${path}/results`)).children).toEqual([]);
    const finished = await createFinished();
    expect(uwsFaults(await uws.text(`${finished}/results`), "results")).toEqual([]);
    expect((await uws.xml(`${finished}/results`)).children).toHaveLength(4);
  });

  test("SODA-31 SODA-33 SODA-34 the address of each result gives the data, or a text that says why there are none", async () => {
    const path = await createFinished();
    const results = (await uws.xml(`${path}/results`)).children;
    const answers = await Promise.all(results.map(async ({ attributes }) => uws.send(attributes[HREF])));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.map(({ headers }) => headers.get("content-type")?.split(";")[0])).toEqual(
      results.map(({ attributes }) => attributes["mime-type"]),
    );
    expect(await answers[0].text()).toBe("file 1");
    expect(await answers[1].text()).toMatch(/^UsageError: /);
    expect(await answers[3].text()).toMatch(/^Error: /);
    expect(await phaseOf(path)).toBe("COMPLETED");
  });

  test("UWS-17 what was never a job is 404", async () => {
    for (const path of [
      "/async/none",
      "/async/none/phase",
      "/async/none/results",
      "/async/none/events",
      "/async/%zz",
    ]) {
      await expectRefusal(await uws.send(path), 404);
    }
    await expectRefusal(await uws.post("/async/none/phase", "PHASE=RUN"), 404);
    await expectRefusal(await uws.send("/async/none", { method: "DELETE" }), 404);
    await expectRefusal(await uws.post("/async/none", "ACTION=DELETE"), 404);
    await expectRefusal(await uws.post("/async/none/rerun", ""), 404);
  });

  test("UWS-18 what no job has is 404", async () => {
    const path = await uws.create();
    for (const name of ["nonsense", "phase/x", "parameters/POS", "results/none", "results/result-99"]) {
      await expectRefusal(await uws.send(`${path}/${name}`), 404);
    }
  });

  test("HEAD has the headers of GET and no body", async () => {
    const path = await uws.create();
    for (const name of ["", "/phase", "/parameters", "/results", "/destruction", "/events"]) {
      const response = await uws.send(path + name, { method: "HEAD" });
      expect([name, response.status, await response.text()]).toEqual([name, 200, ""]);
    }
    expect((await uws.send("/async", { method: "HEAD" })).status).toBe(200);
    expect(uws.changes.listeners).toBe(0);
  });
});

describe("the phase of a job", () => {
  test("UWS-19 PHASE=RUN queues it and redirects to it", async () => {
    const path = await uws.create();
    await expectRedirect(await uws.post(`${path}/phase`, "PHASE=RUN"), path);
    expect(await phaseOf(path)).toBe("QUEUED");
  });

  test("UWS-20 PHASE=ABORT aborts it, also while it is PENDING, and keeps its results", async () => {
    const pending = await uws.create();
    await expectRedirect(await uws.post(`${pending}/phase`, "PHASE=ABORT"), pending);
    expect(await phaseOf(pending)).toBe("ABORTED");
    const path = await uws.create(`${CUTOUT}&PHASE=RUN`);
    uws.work(["DONE", "RUNNING"]);
    await expectRedirect(await uws.post(`${path}/phase`, "PHASE=ABORT"), path);
    expect(await phaseOf(path)).toBe("ABORTED");
    expect((await uws.xml(`${path}/results`)).children).toHaveLength(1);
    expect(await uws.text(`${path}/results/result-1`)).toBe("file 1");
  });

  test("UWS-20 ABORT of a finished job changes nothing", async () => {
    const path = await createFinished();
    await expectRedirect(await uws.post(`${path}/phase`, "PHASE=ABORT"), path);
    expect(await phaseOf(path)).toBe("COMPLETED");
  });

  test.each(["", "PHASE=", "PHASE=PAUSE", "PHASE=run", "PHASE=RUN&PHASE=ABORT", "x=1"])(
    "UWS-27 %j is refused",
    async (form) => {
      const path = await uws.create();
      await expectRefusal(await uws.post(`${path}/phase`, form), 400, /PHASE/);
      expect(await phaseOf(path)).toBe("PENDING");
    },
  );

  test("UWS-26 what the phase does not allow is 403, and no matter of who asks", async () => {
    const path = await createFinished();
    await expectRefusal(await uws.post(`${path}/phase`, "PHASE=RUN"), 403, /^UsageError: .*COMPLETED/);
    await expectRefusal(await uws.post(`${path}/parameters`, "FILTER=i"), 403, /^UsageError: /);
    await expectRefusal(await uws.post(`${await uws.create()}/rerun`, ""), 403, /^UsageError: /);
  });

  test("UWS-26 RUN on a HELD job is allowed", async () => {
    const path = await uws.create();
    uws.setPhase(idOf(path), "HELD");
    await expectRedirect(await uws.post(`${path}/phase`, "PHASE=RUN"), path);
    expect(await phaseOf(path)).toBe("QUEUED");
  });

  test("POST /rerun takes up what failed, and leaves what is done", async () => {
    const path = await createFinished();
    await expectRedirect(await uws.post(`${path}/rerun`, ""), path);
    expect(await phaseOf(path)).toBe("QUEUED");
    expect((await uws.xml(`${path}/results`)).children.map(({ attributes }) => attributes.id)).toEqual([
      "result-1",
      "result-2",
      "result-3",
    ]);
  });
});

describe("parameters", () => {
  test("UWS-23 are replaced by name with a POST to /parameters while the job is PENDING", async () => {
    const path = await uws.create();
    await expectRedirect(await uws.post(`${path}/parameters`, "filter=i&CIRCLE=40+-10+0.1&RUNID=other"), path);
    const parameters = (await uws.xml(`${path}/parameters`)).children;
    const given = parameters.map(({ attributes, text }) => `${attributes.id}=${text}`);
    expect(given.sort()).toEqual(["CIRCLE=40 -10 0.1", "FILTER=i", "ID=des_dr2", "RUNID=other"]);
    expect(textOf(await uws.xml(path), "runId")).toBe("other");
  });

  test("UWS-23 one that could never be used is refused, and nothing changes", async () => {
    const path = await uws.create();
    const before = await uws.text(`${path}/parameters`);
    await expectRefusal(await uws.post(`${path}/parameters`, "CIRCLE=1+2"), 400, /CIRCLE/);
    await expectRefusal(await uws.post(`${path}/parameters`, "PHASE=RUN"), 400, /PHASE/);
    expect(await uws.text(`${path}/parameters`)).toBe(before);
  });

  test("UWS-24 are not taken at the address of the job", async () => {
    const path = await uws.create();
    const before = await uws.text(`${path}/parameters`);
    await expectRefusal(await uws.post(path, "FILTER=i"), 400, /\/parameters/);
    await expectRefusal(await uws.post(path, "PHASE=RUN"), 400, /\/phase/);
    await expectRefusal(await uws.post(path, "ACTION=RUN"), 400, /ACTION/);
    expect(await uws.text(`${path}/parameters`)).toBe(before);
    expect(await phaseOf(path)).toBe("PENDING");
  });

  test.each(["QUEUED", "EXECUTING", "COMPLETED", "ERROR", "ABORTED", "HELD"] as const)(
    "UWS-25 are not taken in phase %s",
    async (phase) => {
      const path = await uws.create();
      uws.setPhase(idOf(path), phase);
      await expectRefusal(await uws.post(`${path}/parameters`, "FILTER=i"), 403, /PENDING/);
    },
  );

  test("are shown one by one as well", async () => {
    const path = await uws.create();
    expect(await uws.text(`${path}/parameters/circle`)).toBe("36 -10 0.1\n37 -10 0.1");
  });
});

describe("a list that is sent with a job", () => {
  const LIST = 'name,ra,dec,note\r\nA,36,-10,"a, ""b"""\r\nB,37,-10,\r\n';

  async function createWithList(run = ""): Promise<string> {
    const form = new FormData();
    form.append("ID", "des_dr2");
    form.append("FILTER", "g");
    form.append("UPLOAD", new File([LIST], "stars.csv", { type: "text/csv" }));
    const response = await uws.send(`/async${run}`, { method: "POST", body: form });
    expect([response.status, await response.text()]).toEqual([303, ""]);
    return new URL(response.headers.get("location") ?? "").pathname;
  }

  test("UWS-48a is shown as a parameter by reference, and its address gives it back", async () => {
    const path = await createWithList();
    const document = await uws.text(path);
    expect(uwsFaults(document, "job")).toEqual([]);
    const parameters = child(readXml(document), "parameters")?.children ?? [];
    const upload = parameters.find(({ attributes }) => attributes.id === "UPLOAD");
    expect(upload?.attributes.byReference).toBe("true");
    expect(upload?.text).toBe(`${ORIGIN}${path}/parameters/UPLOAD`);
    const response = await uws.send(upload?.text ?? "");
    expect(response.headers.get("content-type")).toMatch(/^text\/csv/);
    expect(await response.text()).toBe(LIST);
  });

  test("is shown without a formula that a spreadsheet would run", async () => {
    const form = new FormData();
    form.append("ID", "des_dr2");
    form.append("UPLOAD", new File(["ra,dec,note\r\n1,-2,=1+1\r\n"], "x.csv", { type: "text/csv" }));
    const made = await uws.send("/async", { method: "POST", body: form });
    const { pathname } = new URL(made.headers.get("location") ?? "");
    expect(await uws.text(`${pathname}/parameters/UPLOAD`)).toBe("ra,dec,note\r\n1,-2,'=1+1\r\n");
  });

  test("UWS-48a can be sent as the parts of a DALI upload as well", async () => {
    const form = new FormData();
    form.append("ID", "des_dr2");
    form.append("UPLOAD", "stars,param:table");
    form.append("table", new File([LIST], "x.csv", { type: "text/csv" }));
    const response = await uws.send("/async", { method: "POST", body: form });
    expect(response.status).toBe(303);
    expect(await uws.text(`${response.headers.get("location")}/parameters/upload`)).toBe(LIST);
  });

  test("makes a result a row, and can be given a size but no shape while the job is PENDING", async () => {
    const path = await createWithList();
    await expectRefusal(await uws.post(`${path}/parameters`, "CIRCLE=1+2+3"), 400, /CIRCLE/);
    await expectRefusal(await uws.post(`${path}/parameters`, "UPLOAD=x"), 400, /UPLOAD/);
    await expectRefusal(await uws.post(`${path}/parameters`, "RA_COLUMN=dec"), 400, /RA_COLUMN/);
    await expectRedirect(await uws.post(`${path}/parameters`, "SIZE=2"), path);
    await expectRedirect(await uws.post(`${path}/phase`, "PHASE=RUN"), path);
    uws.work(["DONE", "DONE"]);
    expect(await phaseOf(path)).toBe("COMPLETED");
    expect((await uws.xml(`${path}/results`)).children).toHaveLength(2);
  });

  test("can come with PHASE=RUN", async () => {
    expect(await phaseOf(await createWithList("?PHASE=RUN"))).toBe("QUEUED");
  });
});

describe("how long a job may run and stay", () => {
  test("UWS-28 DESTRUCTION is set, and redirects to the job", async () => {
    const path = await uws.create();
    for (const [text, expected] of [
      ["2026-01-05T10:00:00Z", "2026-01-05T10:00:00.000Z"],
      ["2026-01-05T09:00:00.5", "2026-01-05T09:00:00.500Z"],
      ["2026-01-04", "2026-01-04T00:00:00.000Z"],
    ]) {
      await expectRedirect(await uws.post(`${path}/destruction`, `DESTRUCTION=${text}`), path);
      expect(await uws.text(`${path}/destruction`)).toBe(expected);
      expect(textOf(await uws.xml(path), "destruction")).toBe(expected);
    }
  });

  test("UWS-28 the service may choose an earlier DESTRUCTION than is asked for", async () => {
    const path = await uws.create();
    await expectRedirect(await uws.post(`${path}/destruction`, "DESTRUCTION=9999-12-31T23:59:59Z"), path);
    expect(await uws.text(`${path}/destruction`)).toBe("2026-01-29T00:00:00.000Z");
  });

  test("UWS-28, UWS-29 both can come with the request that makes the job, and are no parameters of it", async () => {
    const path = await uws.create(`${CUTOUT}&DESTRUCTION=2026-01-05&executionDuration=600`);
    expect(await uws.text(`${path}/destruction`)).toBe("2026-01-05T00:00:00.000Z");
    expect(await uws.text(`${path}/executionduration`)).toBe("600");
    expect(await uws.text(`${path}/parameters`)).not.toMatch(/DESTRUCTION|EXECUTIONDURATION/i);
    for (const form of [
      "DESTRUCTION=tomorrow",
      "EXECUTIONDURATION=-5",
      "DESTRUCTION=2026-01-05&DESTRUCTION=2026-01-06",
    ]) {
      await expectRefusal(await uws.post("/async", `${CUTOUT}&${form}`), 400, /DESTRUCTION|EXECUTIONDURATION/);
    }
  });

  test("UWS-29 a job that is over can be given more time, to be run again", async () => {
    const path = await createFinished();
    await expectRedirect(await uws.post(`${path}/executionduration`, "EXECUTIONDURATION=10"), path);
    expect(await uws.text(`${path}/executionduration`)).toBe("10");
  });

  test.each([
    "",
    "DESTRUCTION=",
    "DESTRUCTION=tomorrow",
    "DESTRUCTION=2026-02-30",
    "DESTRUCTION=1e99",
    "destruction=-1",
  ])("UWS-28 %j is refused", async (form) => {
    const path = await uws.create();
    await expectRefusal(await uws.post(`${path}/destruction`, form), 400, /DESTRUCTION/);
    expect(await uws.text(`${path}/destruction`)).toBe("2026-01-15T00:00:00.000Z");
  });

  test("UWS-29 EXECUTIONDURATION is set, and redirects to the job", async () => {
    const path = await uws.create();
    await expectRedirect(await uws.post(`${path}/executionduration`, "EXECUTIONDURATION=600"), path);
    expect(await uws.text(`${path}/executionduration`)).toBe("600");
    expect(textOf(await uws.xml(path), "executionDuration")).toBe("600");
  });

  test("UWS-29 one that is larger than the schema can hold is the largest", async () => {
    const path = await uws.create();
    await uws.post(`${path}/executionduration`, `EXECUTIONDURATION=${"9".repeat(300)}`);
    expect(uwsFaults(await uws.text(path), "job")).toEqual([]);
    expect(await uws.text(`${path}/executionduration`)).toBe("2147483647");
  });

  test.each(["", "EXECUTIONDURATION=-1", "EXECUTIONDURATION=1.5", "EXECUTIONDURATION=long", "EXECUTIONDURATION=NaN"])(
    "UWS-29 %j is refused",
    async (form) => {
      const path = await uws.create();
      await expectRefusal(await uws.post(`${path}/executionduration`, form), 400, /EXECUTIONDURATION/);
    },
  );

  test("UWS-47a at its destruction a job goes with all below it", async () => {
    const path = await createFinished();
    uws.clock.value += 14 * DAY;
    for (const name of ["", "/phase", "/results", "/results/result-1"]) {
      await expectRefusal(await uws.send(path + name), 404);
    }
  });

  test("UWS-47a a job that runs longer than it may is ABORTED, and says why; what was done stays", async () => {
    const path = await uws.create(`${CUTOUT}&PHASE=RUN`);
    await uws.post(`${path}/executionduration`, "EXECUTIONDURATION=10");
    uws.work(["DONE", "RUNNING"]);
    uws.clock.value += 9_999;
    await uws.lookAround();
    expect(await phaseOf(path)).toBe("EXECUTING");
    uws.clock.value += 1;
    await uws.lookAround();
    expect(await phaseOf(path)).toBe("ABORTED");
    expect(await uws.text(`${path}/error`)).toMatch(/^UsageError: .*10 seconds/);
    expect(uwsFaults(await uws.text(path), "job")).toEqual([]);
    expect(await uws.text(`${path}/results/result-1`)).toBe("file 1");
  });
});

describe("deleting a job", () => {
  test.each([
    ["UWS-30 DELETE", (path: string) => uws.send(path, { method: "DELETE" })],
    ["UWS-31 POST ACTION=DELETE", (path: string) => uws.post(path, "ACTION=DELETE")],
    ["UWS-31 POST action=DELETE in the query", (path: string) => uws.post(`${path}?action=DELETE`, "")],
  ])("%s redirects to the list of jobs; the job is 404 then", async (_, remove) => {
    const path = await createFinished();
    await expectRedirect(await remove(path), "/async");
    await expectRefusal(await uws.send(path), 404);
  });

  test.each(["PENDING", "QUEUED", "EXECUTING", "COMPLETED", "ERROR", "ABORTED", "HELD"] as const)(
    "UWS-30 a job is deleted in phase %s",
    async (phase) => {
      const path = await uws.create();
      uws.setPhase(idOf(path), phase);
      await expectRedirect(await uws.send(path, { method: "DELETE" }), "/async");
    },
  );

  test("UWS-32 its results are gone", async () => {
    const path = await createFinished();
    expect(uws.files.size).toBe(2);
    await uws.send(path, { method: "DELETE" });
    await expectRefusal(await uws.send(`${path}/results/result-1`), 404);
    expect(uws.files.size).toBe(0);
  });
});

describe("the list of jobs", () => {
  /** Paths of four jobs of Ana's, a second apart, oldest first. */
  async function createFour(): Promise<string[]> {
    const paths: string[] = [];
    for (const phase of ["COMPLETED", "PENDING", "ARCHIVED", "EXECUTING"] as const) {
      uws.clock.value += 1000;
      const path = await uws.create(CUTOUT, ANAS);
      uws.setPhase(idOf(path), phase);
      paths.push(path);
    }
    return paths;
  }
  const listed = async (query: string) =>
    (await uws.xml(`/async${query}`, ANAS)).children.map(({ attributes }) => new URL(attributes[HREF]).pathname);

  test("UWS-33 follows the schema, with and without jobs", async () => {
    expect(uwsFaults(await uws.text("/async", ANAS), "jobs")).toEqual([]);
    await createFour();
    expect(uwsFaults(await uws.text("/async", ANAS), "jobs")).toEqual([]);
  });

  test("UWS-34 has for each job its id, address, phase, RUNID, owner and creation", async () => {
    const [path] = await createFour();
    const reference = (await uws.xml("/async", ANAS)).children.at(-1);
    if (reference === undefined) throw new Error("No job");
    expect(reference.attributes).toMatchObject({ id: idOf(path), [HREF]: ORIGIN + path });
    expect(["phase", "runId", "ownerId", "creationTime"].map((name) => textOf(reference, name))).toEqual([
      "COMPLETED",
      "mine",
      "Ana",
      "2026-01-01T00:00:01.000Z",
    ]);
  });

  test("UWS-35 PHASE chooses jobs, and given twice either; ARCHIVED ones come only when they are asked for", async () => {
    const [completed, pending, archived, executing] = await createFour();
    expect(await listed("")).toEqual([executing, pending, completed]);
    expect(await listed("?PHASE=PENDING")).toEqual([pending]);
    expect(await listed("?PHASE=PENDING&phase=EXECUTING")).toEqual([executing, pending]);
    expect(await listed("?PHASE=ARCHIVED")).toEqual([archived]);
    expect(await listed("?PHASE=ABORTED")).toEqual([]);
  });

  test("UWS-36 LAST chooses the newest, newest first", async () => {
    const [, pending, , executing] = await createFour();
    expect(await listed("?LAST=2")).toEqual([executing, pending]);
    expect(await listed("?LAST=100")).toHaveLength(3);
  });

  test("UWS-37 AFTER chooses what was made later, with and without Z", async () => {
    const [, pending, , executing] = await createFour();
    expect(await listed("?AFTER=2026-01-01T00:00:01Z")).toEqual([executing, pending]);
    expect(await listed("?AFTER=2026-01-01T00:00:02.000")).toEqual([executing]);
    expect(await listed("?AFTER=2027-01-01")).toEqual([]);
  });

  test("UWS-37 conditions hold together", async () => {
    const [, pending] = await createFour();
    expect(await listed("?AFTER=2026-01-01T00:00:01Z&PHASE=PENDING&PHASE=COMPLETED&LAST=1")).toEqual([pending]);
  });

  test.each([
    "PHASE=RUN",
    "PHASE=pending",
    "LAST=0",
    "LAST=-1",
    "LAST=x",
    "LAST=1&LAST=2",
    "AFTER=x",
    "AFTER=2026-13-01",
  ])("UWS-38 %s is refused", async (query) => expectRefusal(await uws.send(`/async?${query}`, { headers: ANAS }), 400));

  test.each(["ID=des_dr2&PHASE=RUN", "pos=CIRCLE+1+2+3", "UPLOAD=x", "size=1"])(
    "a GET with %s, which belongs to a new job, is told that jobs are made by POST",
    async (query) => {
      await expectRefusal(await uws.send(`/async?${query}`, { headers: ANAS }), 400, /^UsageError: .* made by POST/);
    },
  );

  test("parameters that every request may have do not hinder a list", async () => {
    expect((await uws.send("/async?RUNID=x&RESPONSEFORMAT=xml&utm=1", { headers: ANAS })).status).toBe(200);
  });
});

describe("waiting for a job", () => {
  /** What it says when it answers, and whether it has answered yet. */
  function waitFor(path: string) {
    const waiting = { isOver: false, phase: uws.xml(path).then((job) => textOf(job, "phase")) };
    void waiting.phase.then(() => (waiting.isOver = true));
    return waiting;
  }
  const turns = () => new Promise((resolve) => setTimeout(resolve, 60));

  test.each(["PENDING", "QUEUED", "EXECUTING"] as const)(
    "UWS-39 UWS-42 WAIT in phase %s answers when the phase changes",
    async (phase) => {
      const path = await uws.create();
      uws.setPhase(idOf(path), phase);
      const waiting = waitFor(`${path}?WAIT=20`);
      const expecting = waitFor(`${path}?WAIT=-1&PHASE=${phase}`);
      await turns();
      expect([waiting.isOver, expecting.isOver]).toEqual([false, false]);
      uws.setPhase(idOf(path), "COMPLETED");
      expect(await Promise.all([waiting.phase, expecting.phase])).toEqual(["COMPLETED", "COMPLETED"]);
    },
  );

  test("UWS-39 WAIT answers when its time is over", async () => {
    const path = await uws.create();
    const started = performance.now();
    expect(await waitFor(`${path}?WAIT=1`).phase).toBe("PENDING");
    expect(performance.now() - started).toBeGreaterThan(950);
  });

  test("UWS-39 WAIT=-1, and any longer than the service allows, ends when that is over", async () => {
    const path = await uws.create();
    const started = performance.now();
    const both = [waitFor(`${path}?WAIT=-1`).phase, waitFor(`${path}?WAIT=${"9".repeat(99)}`).phase];
    expect(await Promise.all(both)).toEqual(["PENDING", "PENDING"]);
    expect(performance.now() - started).toBeGreaterThan(1950);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test.each(["WAIT=0", "WAIT=-1&PHASE=QUEUED", "WAIT=20&PHASE=EXECUTING", "PHASE=PENDING"])(
    "UWS-40 %s on a PENDING job answers at once",
    async (query) => {
      const path = await uws.create();
      const started = performance.now();
      expect(await waitFor(`${path}?${query}`).phase).toBe("PENDING");
      expect(performance.now() - started).toBeLessThan(900);
    },
  );

  test.each(["COMPLETED", "ERROR", "ABORTED", "HELD", "SUSPENDED", "UNKNOWN"] as const)(
    "UWS-41 WAIT=-1 on a job in phase %s answers at once",
    async (phase) => {
      const path = await uws.create();
      uws.setPhase(idOf(path), phase);
      const started = performance.now();
      expect(await waitFor(`${path}?WAIT=-1&PHASE=${phase}`).phase).toBe(phase);
      expect(performance.now() - started).toBeLessThan(900);
    },
  );

  test.each(["WAIT=x", "WAIT=-2", "WAIT=1.5", "WAIT=1&WAIT=2", "WAIT=1&PHASE=RUN", "PHASE=x"])(
    "UWS-43 %s is refused",
    async (query) => expectRefusal(await uws.send(`${await uws.create()}?${query}`), 400),
  );

  test("HEAD does not wait", async () => {
    const started = performance.now();
    expect((await uws.send(`${await uws.create()}?WAIT=-1`, { method: "HEAD" })).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(900);
  });

  test("one more than a user may have waiting is answered after a second, as the job is then", async () => {
    const small = createUwsApp({ maxWaitSeconds: 20, maxWaits: 1 });
    const path = await small.create();
    for (let i = 0; i < 3; i++) {
      small.setPhase(idOf(path), "PENDING");
      const first = small.xml(`${path}?WAIT=20`);
      await turns();
      expect(small.changes.listeners).toBe(1);
      const started = performance.now();
      expect(textOf(await small.xml(`${path}?WAIT=20`), "phase")).toBe("PENDING");
      expect(performance.now() - started).toBeGreaterThan(990);
      expect(performance.now() - started).toBeLessThan(5000);
      const late = small.xml(`${path}?WAIT=20`);
      await turns();
      small.setPhase(idOf(path), "QUEUED");
      expect(textOf(await first, "phase")).toBe("QUEUED");
      expect(textOf(await late, "phase"), "it changed in this second").toBe("QUEUED");
    }
    small.close();
  });

  test("CLI-8: one more stream of events than a user may have is refused, with when to come again", async () => {
    const small = createUwsApp({ maxWaitSeconds: 20, maxWaits: 1 });
    const path = await small.create(CUTOUT, ANAS);
    const client = new AbortController();
    await small.send(`${path}/events`, { headers: ANAS, signal: client.signal });
    const refused = await small.send(`${path}/events`, { headers: ANAS });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await expectRefusal(
      refused,
      429,
      /^UsageError: Cannot send events: 1 requests are open already, as many as one user/,
    );
    expect((await small.send(`${path}/events`, { headers: ANAS, method: "HEAD" })).status).toBe(200);
    client.abort();
    expect((await small.send(`${path}/events`, { headers: ANAS })).status).toBe(200);
    expect(small.faults).toEqual([]);
    small.stopping.abort();
    small.close();
  });

  test("a client that goes away leaves nothing waiting, and a job that goes ends it", async () => {
    const path = await uws.create();
    const client = new AbortController();
    const given = uws.send(`${path}?WAIT=-1`, { signal: client.signal }).catch(() => undefined);
    const other = uws.send(`${path}?WAIT=-1`);
    await turns();
    expect(uws.changes.listeners).toBe(2);
    client.abort();
    await given;
    await turns();
    expect(uws.changes.listeners).toBe(1);
    await uws.send(path, { method: "DELETE" });
    await expectRefusal(await other, 404);
    expect(uws.changes.listeners).toBe(0);
  });
});

describe("a job that cannot be done", () => {
  test("UWS-44 SODA-35 is in ERROR, with a message that begins with a label of SODA, and more at /error", async () => {
    const path = await uws.create("ID=des_dr2");
    await uws.post(`${path}/phase`, "PHASE=RUN");
    const job = await uws.xml(path);
    expect(textOf(job, "phase")).toBe("ERROR");
    const summary = child(job, "errorSummary");
    expect(summary?.attributes).toEqual({ type: "fatal", hasDetail: "true" });
    expect(summary?.children[0].text).toMatch(/^UsageError: /);
    const response = await uws.send(`${path}/error`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await response.text()).toBe(`${summary?.children[0].text}\n`);
  });

  test("UWS-44 /error of a job without one is 404", async () => {
    await expectRefusal(await uws.send(`${await createFinished()}/error`), 404, /COMPLETED/);
  });
});

describe("methods", () => {
  test.each([
    ["/async", ["PUT", "DELETE", "PATCH", "OPTIONS"], "GET, HEAD, POST"],
    ["", ["PUT", "PATCH"], "GET, HEAD, POST, DELETE"],
    ["/phase", ["PUT", "DELETE"], "GET, HEAD, POST"],
    ["/executionduration", ["PUT", "DELETE"], "GET, HEAD, POST"],
    ["/destruction", ["PUT", "DELETE"], "GET, HEAD, POST"],
    ["/quote", ["PUT", "POST", "DELETE"], "GET, HEAD"],
    ["/owner", ["PUT", "POST", "DELETE"], "GET, HEAD"],
    ["/error", ["PUT", "POST", "DELETE"], "GET, HEAD"],
    ["/parameters", ["PUT", "DELETE"], "GET, HEAD, POST"],
    ["/parameters/ID", ["PUT", "POST", "DELETE"], "GET, HEAD"],
    ["/results", ["PUT", "POST", "DELETE"], "GET, HEAD"],
    ["/events", ["PUT", "POST", "DELETE"], "GET, HEAD"],
    ["/rerun", ["GET", "PUT", "DELETE"], "POST"],
  ])("UWS-45 %j takes no others, and says which it takes", async (name, methods, allowed) => {
    const path = name === "/async" ? name : (await uws.create()) + name;
    for (const method of methods) {
      const response = await uws.send(path, { method });
      expect([method, response.headers.get("allow")]).toEqual([method, allowed]);
      await expectRefusal(response, 405);
    }
  });

  test("UWS-46 a browser gets the XML as every client does", async () => {
    const response = await uws.send(await uws.create(), { headers: { accept: "text/html,*/*;q=0.1" } });
    expect(response.headers.get("content-type")).toMatch(/^application\/xml/);
  });
});

describe("whose jobs", () => {
  test("AUTH-8 a token is taken everywhere below /async", async () => {
    const path = await createFinished(ANAS);
    for (const name of ["", "/phase", "/quote", "/owner", "/parameters", "/results", "/results/result-1"]) {
      const response = await uws.send(path + name, { headers: ANAS });
      expect([name, response.status]).toEqual([name, 200]);
      expect(response.headers.get("x-vo-authenticated")).toBe("Ana");
    }
    await expectRedirect(await uws.post(`${path}/rerun`, "", ANAS), path);
    await expectRedirect(await uws.post(`${path}/phase`, "PHASE=ABORT", ANAS), path);
    await expectRedirect(await uws.send(path, { method: "DELETE", headers: ANAS }), "/async");
  });

  test.each([
    ["somebody else", BENS],
    ["who has not signed in", {}],
  ])("AUTH-9 a job and all below it are not there for %s", async (_, headers: Record<string, string>) => {
    const path = await createFinished(ANAS);
    const gone = await uws.send("/async/none", { headers }).then((response) => response.text());
    for (const name of ["", "/phase", "/quote", "/owner", "/error", "/parameters", "/parameters/ID", "/destruction"]) {
      await expectRefusal(await uws.send(path + name, { headers }), 404);
    }
    for (const name of ["/executionduration", "/results", "/results/result-1", "/events", "?WAIT=1"]) {
      await expectRefusal(await uws.send(path + name, { headers }), 404);
    }
    for (const [name, form] of [
      ["", "ACTION=DELETE"],
      ["/phase", "PHASE=ABORT"],
      ["/parameters", "FILTER=g"],
      ["/destruction", "DESTRUCTION=2026-01-02"],
      ["/executionduration", "EXECUTIONDURATION=1"],
      ["/rerun", ""],
    ]) {
      await expectRefusal(await uws.post(path + name, form, headers), 404);
    }
    await expectRefusal(await uws.send(path, { method: "DELETE", headers }), 404);
    const refused = await uws.send(path, { headers }).then((response) => response.text());
    expect(refused.replace(idOf(path), "none"), "no word more than of a job that never was").toBe(gone);
    expect(await uws.text(`${path}/phase`, ANAS)).toBe("COMPLETED");
  });

  test("AUTH-10 the list has the jobs of its user only, and nobody's are not listed at all", async () => {
    const [anas, bens] = [await uws.create(CUTOUT, ANAS), await uws.create(CUTOUT, BENS)];
    const nobodys = await uws.create();
    const listed = async (headers?: Record<string, string>) =>
      (await uws.xml("/async", headers)).children.map(({ attributes }) => attributes.id);
    expect(await listed(ANAS)).toEqual([idOf(anas)]);
    expect(await listed(BENS)).toEqual([idOf(bens)]);
    expect(await listed()).toEqual([]);
    expect(await phaseOf(nobodys), "who knows the address").toBe("PENDING");
  });

  test("AUTH-7 a token that is not known is refused, also where none is needed", async () => {
    const path = await uws.create();
    await expectRefusal(await uws.send(path, { headers: { authorization: "Bearer x" } }), 401, /^AuthenticationError/);
  });
});

describe("how many jobs one may have", () => {
  test("one more than may wait or run is 429, and to be tried again later", async () => {
    const small = createUwsApp({ maxActiveJobs: 1 });
    try {
      await small.create(`${CUTOUT}&PHASE=RUN`, ANAS);
      const refused = await small.post("/async", `${CUTOUT}&PHASE=RUN`, ANAS);
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
      expect(await refused.text()).toMatch(/^UsageError: Cannot queue the job: 1 of your jobs/);
    } finally {
      small.close();
    }
  });
});
