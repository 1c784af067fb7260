import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ServiceError } from "../../../src/errors.ts";
import { readJobRequest, type JobRequestLimits } from "../../../src/http/read-job-request.ts";
import { createImageIndex } from "../../../src/surveys/image-index.ts";
import { createRegistry } from "../../../src/surveys/registry.ts";
import { openEmptyIndex } from "../../support/survey-index.ts";

const registry = createRegistry(createImageIndex(openEmptyIndex(), "localhost"));
const LIMITS: JobRequestLimits = {
  list: { maxBytes: 10_000, maxRows: 100, maxColumns: 20, maxCells: 1000, maxReportedRows: 5 },
  maxFormBytes: 5000,
};
const LIST = "id,ra,dec\na,1,2\nb,3,4\n";

function post(body: BodyInit | null, { query = "", type }: { query?: string; type?: string } = {}): Request {
  const headers = type === undefined ? undefined : { "content-type": type };
  return new Request(`http://localhost/async?${query}`, { method: "POST", body, headers });
}

function formOf(fields: Readonly<Record<string, string | File>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

const file = (text: string, name = "stars.csv", type = "text/csv") => new File([text], name, { type });
const read = (request: Request) => readJobRequest(request, { registry, limits: LIMITS });
const refused = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) as string });

describe("a request for a job", () => {
  it("has its parameters in the query and in a form, by names in capitals, in the order given", async () => {
    const body = new URLSearchParams("pos=CIRCLE 1 2 3&Circle=1 2 3&FILTER=g&x=&phase=RUN&other=1");
    expect(await read(post(body, { query: "ID=des_dr2&RUNID=n" }))).toEqual({
      parameters: [
        ["ID", "des_dr2"],
        ["RUNID", "n"],
        ["POS", "CIRCLE 1 2 3"],
        ["CIRCLE", "1 2 3"],
        ["FILTER", "g"],
        ["OTHER", "1"],
      ],
      list: null,
      run: true,
    });
    expect(await read(post(null, { query: "ID=x" }))).toEqual({ parameters: [["ID", "x"]], list: null, run: false });
  });

  it.each([
    ["the file UPLOAD", () => post(formOf({ ID: "des_dr2", upload: file(LIST) })), "stars.csv"],
    [
      "the file that DALI's UPLOAD names",
      () => post(formOf({ ID: "des_dr2", UPLOAD: "mine,param:part1", part1: file(LIST) })),
      "mine",
    ],
    [
      "the text that DALI's UPLOAD names",
      () => post(formOf({ ID: "des_dr2", UPLOAD: "mine,param:part1", part1: LIST })),
      "mine",
    ],
    ["the text UPLOAD", () => post(new URLSearchParams({ ID: "des_dr2", UPLOAD: LIST })), "list"],
    [
      "the text UPLOAD beside a file that nobody chose",
      () => post(formOf({ ID: "des_dr2", UPLOAD: LIST, upload: new File([], "") })),
      "list",
    ],
    ["a body of CSV", () => post(LIST, { query: "ID=des_dr2", type: "text/csv; charset=utf-8" }), "list"],
    [
      "a body of tabs",
      () => post(LIST.replaceAll(",", "\t"), { query: "ID=des_dr2", type: "text/tab-separated-values" }),
      "list",
    ],
    [
      "a body of JSON",
      () =>
        post('[{"id":"a","ra":1,"dec":2},{"id":"b","ra":3,"dec":4}]', {
          query: "ID=des_dr2",
          type: "application/json",
        }),
      "list",
    ],
  ])("may have a list as %s", async (_, request, name) => {
    const { parameters, list } = await read(request());
    expect(parameters).toEqual([
      ["ID", "des_dr2"],
      ["UPLOAD", name],
    ]);
    expect(list?.rows.map(({ id, position }) => [id, position.raDegrees, position.decDegrees])).toEqual([
      ["a", 1, 2],
      ["b", 3, 4],
    ]);
  });

  it("has a list whose columns and sizes its parameters say", async () => {
    const form = formOf({ UPLOAD: file("k,x,y\na,1,2"), RA_COLUMN: "x", DEC_COLUMN: "y", ID_COLUMN: "k", SIZE: "2" });
    const { parameters, list } = await read(post(form));
    expect(list?.rows[0].id).toBe("a");
    expect(parameters.map(([name]) => name)).toEqual(["RA_COLUMN", "DEC_COLUMN", "ID_COLUMN", "SIZE", "UPLOAD"]);
  });

  it.each([
    ["an address to fetch", () => post(formOf({ UPLOAD: "x,http://example.org/list.csv" })), /nothing is fetched/],
    ["a file address", () => post(null, { query: "UPLOAD=x,file:///etc/passwd" }), /nothing is fetched/],
    ["a part that is not there", () => post(formOf({ UPLOAD: "x,param:y" })), /0 parts "y"/],
    ["two lists", () => post(formOf({ UPLOAD: file(LIST), upload: file(LIST) })), /one list/],
    ["a list and a body", () => post(LIST, { query: "UPLOAD=1,2", type: "text/csv" }), /one list/],
    ["a file of another name", () => post(formOf({ list: file(LIST) })), /"list".*UPLOAD/],
    ["shapes beside a list", () => post(formOf({ CIRCLE: "1 2 3", UPLOAD: file(LIST) })), /CIRCLE/],
    ["SIZE without a list", () => post(null, { query: "SIZE=1" }), /SIZE/],
    ["a column without a list", () => post(null, { query: "RA_COLUMN=x" }), /RA_COLUMN/],
    ["another PHASE", () => post(null, { query: "PHASE=ABORT" }), /PHASE "ABORT"/],
    ["two PHASEs", () => post(null, { query: "PHASE=RUN&PHASE=RUN" }), /PHASE/],
    ["a shape that is none", () => post(null, { query: "CIRCLE=1" }), /CIRCLE/],
    ["a wrong list", () => post("ra,dec\nx,1", { type: "text/csv" }), /line 2/],
    ["an empty body", () => post("", { type: "text/csv" }), /empty/],
    ["another body", () => post("x", { type: "image/png" }), /"image\/png"/],
    ["a body without a type", () => post(new TextEncoder().encode(LIST)), /without a Content-Type.*text\/csv/],
    ["a body with an empty type", () => post(LIST, { type: "" }), /without a Content-Type/],
    [
      "JSON rows without columns",
      () => post('{"rows":[[1,2]]}', { type: "application/json" }),
      /name no columns.*"data"/,
    ],
    [
      "filters that the release does not have, in all rows",
      () => post("ra,dec,filter\n1,2,q\n1,2,g\nx,2,\n#\n1,2,k\n", { query: "ID=des_dr2", type: "text/csv" }),
      /3 of its 4 rows .*line 2: .*"q".*line 4: as RA "x".*line 6: .*"k"/,
    ],
    ["a damaged form", () => post("x", { type: "multipart/form-data; boundary=a" }), /damaged/],
  ])("with %s is refused", async (_, request, message) => {
    await expect(read(request())).rejects.toMatchObject(refused("usage", message));
  });

  it.each([
    ["a list", () => post("x".repeat(10_001), { type: "text/csv" })],
    ["a file", () => post(formOf({ UPLOAD: file("x".repeat(10_001)) }))],
    ["a part", () => post(formOf({ UPLOAD: "a,param:b", b: "x".repeat(10_001) }))],
    ["a form", () => post(new URLSearchParams({ a: "x".repeat(5001) }))],
    ["a form beside a list", () => post(formOf({ a: "x".repeat(5001), UPLOAD: file(LIST) }))],
    ["a form of both", () => post(formOf({ a: "x".repeat(5001), UPLOAD: file("x".repeat(9000)) }))],
  ])("with %s beyond its limit is refused", async (_, request) => {
    await expect(read(request())).rejects.toMatchObject({ code: "over-limit" });
  });

  it.each(["id,ra,dec\na,1,2\n", "1 2\n3 4\n", '[{"ra":1}]', "<VOTABLE/>", "x".repeat(200), "ra\n"])(
    "that is the list %j, sent as a form by a client that was not told otherwise, says how to send it",
    async (text) => {
      const request = post(text, { query: "ID=des_dr2", type: "application/x-www-form-urlencoded" });
      const message = /is no parameter.*curl -H 'Content-Type: text\/csv' --data-binary @list.csv/;
      await expect(read(request)).rejects.toMatchObject(refused("usage", message));
    },
  );

  it("has rows that are not held against releases that nobody knows, or that come later", async () => {
    for (const query of ["", "ID=unknown", "ID=ivo:x"]) {
      const { list } = await read(post("ra,dec,filter\n1,2,q\n", { query, type: "text/csv" }));
      expect(list?.rows).toHaveLength(1);
    }
  });

  it("says how to send a list where one is too large for a form", async () => {
    const body = new URLSearchParams({ a: "x".repeat(5001) });
    await expect(read(post(body))).rejects.toMatchObject(refused("over-limit", /curl -H/));
  });

  it("is read no further than its limit, also where its length is not told", async () => {
    let pulled = 0;
    let isCanceled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1000;
        controller.enqueue(new Uint8Array(1000).fill(65));
      },
      cancel: () => void (isCanceled = true),
    });
    const init = { method: "POST", body: endless, duplex: "half", headers: { "content-type": "text/csv" } };
    await expect(read(new Request("http://localhost/async", init))).rejects.toMatchObject({ code: "over-limit" });
    expect(pulled).toBeLessThan(14_000);
    expect(isCanceled).toBe(true);
  });

  it("whose client goes in the middle of it is canceled", async () => {
    let done: (result: unknown) => void;
    const result = new Promise((resolve) => (done = resolve));
    const server = serve({
      port: 0,
      createServer,
      fetch: async (request) => {
        done(await read(request).catch((error: unknown) => error));
        return new Response();
      },
    });
    try {
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      const headers = { "content-type": "text/csv", "content-length": "5000" };
      const client = httpRequest({ port, method: "POST", path: "/async", headers });
      client.on("error", () => undefined);
      await new Promise((resolve) => client.write("ra,dec\n1,2\n", resolve));
      setTimeout(() => client.destroy(), 50);
      expect(await result).toMatchObject({ code: "canceled" });
    } finally {
      server.close();
    }
  });

  it("of any kind is read, or refused with a reason", async () => {
    const name = fc.constantFrom("ID", "POS", "UPLOAD", "upload", "a", "PHASE", "SIZE", "RA_COLUMN", "__proto__", "");
    const text = fc.oneof(
      fc.constantFrom(LIST, "x,param:a", "x,param:UPLOAD", "x,param:__proto__", "x,http://y", "RUN", "1", "ra,dec", ""),
      fc.string({ unit: "binary", maxLength: 50 }),
    );
    const value = fc.oneof(
      text,
      fc
        .tuple(text, fc.string({ maxLength: 10 }), fc.constantFrom("", "text/csv", "text/xml"))
        .map((parts) => file(...parts)),
    );
    const form = fc.array(fc.tuple(name, value), { maxLength: 6 });
    const query = fc
      .array(fc.tuple(name, text), { maxLength: 3 })
      .map((pairs) => new URLSearchParams(pairs).toString());
    const type = fc.constantFrom(
      "text/csv",
      "application/json",
      "text/xml",
      "text/plain",
      "multipart/form-data; boundary=x",
    );
    const raw = fc
      .tuple(query, type, fc.oneof(text, fc.constant("--x\r\n\r\n--x--")))
      .map(([q, t, body]) => post(body, { query: q, type: t }));
    const multipart = fc.tuple(query, form).map(([q, fields]) => {
      const data = new FormData();
      for (const [key, entry] of fields) data.append(key, entry);
      return post(data, { query: q });
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(raw, multipart), async (request) => {
        try {
          const { parameters } = await read(request);
          expect(parameters.every(([key]) => key !== "PHASE")).toBe(true);
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          expect(["usage", "over-limit", "unsupported"]).toContain(error.code);
        }
      }),
      { numRuns: 500 },
    );
  });
});
