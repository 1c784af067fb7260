import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BEARER, SMALL, startHostileServer, TOKEN, type HostileServer } from "../support/hostile-server.ts";
import type { RawAnswer } from "../support/raw-http.ts";
import { readXml, uwsFaults } from "../support/uws-schema.ts";

// What clients send to reach what is not theirs, or to make the service say what it should not.

let hostile: HostileServer;
beforeAll(async () => {
  hostile = await startHostileServer();
});
afterAll(() => hostile.close(), 20_000);

const done = (id: string) =>
  vi.waitUntil(() => ["COMPLETED", "ERROR", "ABORTED"].includes(hostile.phaseOf(id) ?? ""), { timeout: 10_000 });
const get = (target: string) => hostile.send({ target, headers: [BEARER] });

const PATHS = [
  ..."..%2f..%2frecords.sqlite %2e%2e%2f%2e%2e%2frecords.sqlite ..%5c..%5cindex.sqlite %00 result-1%00 .%2e/x %2e".split(
    " ",
  ),
  ..."%252e%252e%252f ....// all.zip%2f.. con nul. ~root $HOME %ff%fe result-1/../result-1 RESULT-1 result-01".split(
    " ",
  ),
  ...["a".repeat(4000), "%2f".repeat(1000), "result-1e0", "result-0x1", "__proto__", ".part", "*"],
];

describe("a path", () => {
  it("that tries to leave its folder finds nothing", async () => {
    const id = await hostile.createJob(`${SMALL}&PHASE=RUN`, "test");
    await done(id);
    for (const name of PATHS) {
      for (const target of [
        `/async/${id}/results/${name}`,
        `/async/${name}`,
        `/async/${name}/results/result-1`,
        `/async/${id}/parameters/${name}`,
        `/docs/${name}`,
      ]) {
        const { status, text } = await get(target);
        // `result-1/../result-1` is result-1 before it is sent to anything.
        if (status === 200 && target.endsWith("/results/result-1/../result-1")) continue;
        expect([target.slice(0, 100), status]).toEqual([target.slice(0, 100), expect.toBeOneOf([400, 404])]);
        expect(text).toMatch(/^UsageError: [^\n]*\n$/);
        expect(text.length).toBeLessThan(1000);
        expect(text).not.toMatch(/SQLite format|\/tmp\//);
      }
    }
  });
});

const NEVER = "n".repeat(26);
const PARTS = [
  ..."phase executionduration destruction quote owner error parameters parameters/ID results results/result-1".split(
    " ",
  ),
  ..."results/result results/all.zip results/all.tar manifest.json manifest.csv rerun events".split(" "),
];
const FORMS = [
  "",
  "PHASE=RUN",
  "PHASE=ABORT",
  "ACTION=DELETE",
  "EXECUTIONDURATION=1",
  "DESTRUCTION=2027-01-01",
  "FILTER=r",
  "PHASE=x",
];

describe("another user's job", () => {
  it("is like one that never was, at every address, in every way", async () => {
    const other = await hostile.createJob(`${SMALL}&PHASE=RUN`, "other");
    await done(other);
    const before = await told(other, "job");
    let asked = 0;
    for (const part of ["", ...PARTS.map((name) => `/${name}`)]) {
      for (const headers of [[], [BEARER]]) {
        for (const method of ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"]) {
          for (const form of method === "POST" ? FORMS : ["", "?WAIT=5", "?PHASE=COMPLETED"]) {
            const answers = await Promise.all(
              [other, NEVER].map((id) =>
                method === "POST"
                  ? hostile.post(`/async/${id}${part}`, form, headers)
                  : hostile.send({ method, target: `/async/${id}${part}${form}`, headers }),
              ),
            );
            const [theirs, nobodys] = answers.map((answer) => shown(answer, other));
            expect([part, method, form, theirs]).toEqual([part, method, form, nobodys]);
            if (method !== "POST") expect(answers[0].status).toBe(handles(method, part) ? 404 : 405);
            else expect([400, 404, 405]).toContain(answers[0].status);
            asked++;
          }
        }
      }
    }
    expect(asked).toBeGreaterThan(500);
    expect(await told(other, "job")).toEqual(before);
    expect((await get("/async")).text).not.toContain(other);
  });

  const handles = (method: string, part: string) =>
    method === "GET" || method === "HEAD" ? part !== "/rerun" : method === "DELETE" && part === "";

  function shown({ status, headers, text }: RawAnswer, id: string): string {
    const other = /^(?:date|x-request-id|content-length|ratelimit-(?:remaining|reset))$/;
    const same = Object.entries(headers).filter(([name]) => !other.test(name));
    return JSON.stringify([status, same, text]).replaceAll(id, NEVER);
  }

  async function told(id: string, name: string) {
    const { status } = await get(`/async/${id}`);
    return [name, status, hostile.phaseOf(id)];
  }
});

/** Ends tags, quotes and lines of all that the service writes. */
const EVIL = `"'><x y="&a;">]]>\r\nX-Evil: 1\r\n\r\n<script>\u0001\u{1F600}`;

it("a result whose file is gone is an error without the file's headers", async () => {
  const id = await hostile.createJob(`${SMALL}&PHASE=RUN`, "test");
  await done(id);
  await rm(join(hostile.folder, id), { recursive: true });
  const { status, headers, text } = await get(`/async/${id}/results/result-1`);
  expect(status).toBe(404);
  expect(text).toMatch(/^UsageError: Cannot give result-1: its file is not there any more/);
  for (const name of ["etag", "last-modified", "accept-ranges", "content-disposition"])
    expect(headers[name]).toBeUndefined();
});

describe("a text", () => {
  it("that ends headers, quotes and tags stays a text wherever it comes back", async () => {
    const form = new URLSearchParams({ RUNID: EVIL.slice(0, 60) }).toString();
    const boundary = 'Content-Disposition: form-data; name="UPLOAD"; filename="a%0d%0aX-Evil: 1<x>&.csv"';
    const list = `ra,dec,"na<m>e&""'"\r\n59.0,-52.8,"]]><x>&""'\r\nX-Evil: 1"\r\n`;
    const parts = [
      `--b0undary\r\n${boundary}\r\n\r\n${list}\r\n`,
      ...[
        ["ID", "sim_sample"],
        ["FILTER", "g"],
        ["SIZE", "0.2"],
        ["PHASE", "RUN"],
      ].map(([name, value]) => `--b0undary\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`),
      "--b0undary--\r\n",
    ];
    const made = await hostile.send({
      method: "POST",
      target: `/async?${form}`,
      headers: [BEARER, ["Content-Type", "multipart/form-data; boundary=b0undary"]],
      body: Buffer.from(parts.join("")),
    });
    expect([made.status, made.text]).toEqual([303, expect.anything()]);
    const id = made.headers.location.split("/").at(-1) ?? "";
    await done(id);
    const job = await get(`/async/${id}`);
    expect(uwsFaults(job.text, "job")).toEqual([]);
    expect(readXml(job.text).children.find(({ name }) => name.endsWith("}runId"))?.text).toContain(`"'><x y="&a;">]]>`);
    expect(uwsFaults((await get("/async")).text, "jobs")).toEqual([]);
    expect(uwsFaults((await get(`/async/${id}/parameters`)).text, "parameters")).toEqual([]);
    for (const part of [
      "results/all.zip",
      "results/all.tar",
      "results/result-1",
      "manifest.csv",
      "manifest.json",
      "parameters/UPLOAD",
      "parameters/RUNID",
    ]) {
      const { headers, status } = await get(`/async/${id}/${part}`);
      expect([part, status, headers["x-evil"]]).toEqual([part, 200, undefined]);
      expect(headers["content-disposition"] ?? "").toMatch(/^(?:(?:inline|attachment); filename="[A-Za-z0-9._+-]+")?$/);
    }
    const encoded = encodeURIComponent(EVIL);
    for (const target of [
      `/links?ID=${encoded}`,
      `/query?ID=${encoded}`,
      `/query?FORMAT=${encoded}`,
      `/query?FILTER=${encoded}`,
      `/links?ID=sim_sample&RESPONSEFORMAT=${encoded}`,
      `/query?TARGET=${encoded}`,
      `/query?POS=${encoded}`,
    ]) {
      const { text, headers } = await get(target);
      expect(headers["content-type"]).toContain("xml");
      readXml(text);
      expect(text).not.toContain("<script>");
    }
    for (const target of [
      `/sync?ID=${encoded}&POS=${encoded}`,
      `/sync?ID=sim_sample&POS=CIRCLE+59+-52.8+0.003&RUNID=${encoded}`,
      `/${encoded}`,
    ]) {
      const answer = await get(target);
      expect(answer.headers["x-evil"]).toBeUndefined();
      if (answer.status !== 200) expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    }
  });

  it("that a spreadsheet would run is a text in the manifest", async () => {
    const cells = ["=cmd|' /C calc'!A0", "+1+cmd", "-1+1", "@SUM(1)", "\t=1", "=1\n=2", "-52.8", "+3e5"];
    const rows = cells.map((cell, i) => `59.0,-52.8,"${cell.replaceAll('"', '""')}",${i}`).join("\n");
    const csv = `ra,dec,=name,@id\n${rows}\n`;
    const id = await list("text/csv", csv);
    const { text } = await get(`/async/${id}/manifest.csv`);
    const fields = text.split(/,|\r\n/).map((field) => field.replace(/^"/, ""));
    const dangerous = fields.filter((field) => /^[=+\-@\t\r]/.test(field) && Number.isNaN(Number(field)));
    expect(dangerous).toEqual([]);
    expect(text).toContain("'=cmd|");
    expect(text).toContain(",-52.8,");
  });

  it("that is the name of what all objects have is a column like others", async () => {
    const row =
      '{"ra": 59.0, "dec": -52.8, "__proto__": "p", "constructor": "c", "toString": "t", "hasOwnProperty": "h"}';
    const id = await list("application/json", `[${row}]`);
    const manifest = JSON.parse((await get(`/async/${id}/manifest.json`)).text) as { results: { columns: object }[] };
    expect(Object.entries(manifest.results[0].columns)).toEqual(
      expect.arrayContaining([
        ["__proto__", "p"],
        ["constructor", "c"],
        ["toString", "t"],
        ["hasOwnProperty", "h"],
      ]),
    );
    expect(({} as Record<string, unknown>).p).toBeUndefined();
    const csv = (await get(`/async/${id}/manifest.csv`)).text.split("\r\n");
    expect(csv[0]).toContain("__proto__,constructor,toString,hasOwnProperty");
    expect(csv[1]).toContain("p,c,t,h");
    for (const target of ["/sync?__proto__=1&constructor=2", "/history?__proto__=1", "/query?__proto__=x&toString=y"]) {
      expect((await get(target)).status).toBeLessThan(500);
    }
  });
});

const ENTITIES = Array.from({ length: 20 }, (_, i) => `<!ENTITY a${i + 1} "${`&a${i};`.repeat(20)}">`).join("");
const table = (rows: string, { doctype = "", field = "", open = "", close = "" } = {}) =>
  `<?xml version="1.0"?>${doctype}<VOTABLE>${open}<RESOURCE><TABLE><FIELD name="ra" datatype="double"/><FIELD name="dec" datatype="double"/>${field}<DATA>${rows}</DATA></TABLE></RESOURCE>${close}</VOTABLE>`;
const tabledata = (cell: string) => `<TABLEDATA><TR><TD>${cell}</TD><TD>-52.8</TD></TR></TABLEDATA>`;

describe("a list", () => {
  it.each([
    [
      "of entities that multiply",
      "text/xml",
      table(tabledata("&a20;"), { doctype: `<!DOCTYPE VOTABLE [<!ENTITY a0 "59">${ENTITIES}]>` }),
    ],
    [
      "with a file as an entity",
      "text/xml",
      table(tabledata("&f;"), { doctype: '<!DOCTYPE VOTABLE [<!ENTITY f SYSTEM "file:///etc/passwd">]>' }),
    ],
    [
      "with entities in its attributes",
      "text/xml",
      table(tabledata("59"), { doctype: `<!DOCTYPE V [<!ENTITY a0 "x">${ENTITIES}]>`, field: '<FIELD name="&a20;"/>' }),
    ],
    [
      "of elements in elements",
      "text/xml",
      table(tabledata("59"), { open: "<RESOURCE>".repeat(40_000), close: "</RESOURCE>".repeat(40_000) }),
    ],
    [
      "of cells as large as nothing",
      "text/xml",
      table('<BINARY2><STREAM encoding="base64">AAAA</STREAM></BINARY2>', {
        field: '<FIELD name="x" datatype="double" arraysize="9999999x9999999"/>',
      }),
    ],
    [
      "whose lengths lie",
      "text/xml",
      table('<BINARY><STREAM encoding="base64">f////////38AAAA=</STREAM></BINARY>', {
        field: '<FIELD name="x" datatype="char" arraysize="*"/>',
      }),
    ],
    ["elsewhere", "text/xml", table('<BINARY><STREAM href="file:///etc/passwd" encoding="base64"/></BINARY>')],
    ["of comments without end", "text/xml", `<VOTABLE>${"<!--".repeat(100_000)}`],
    ["of open tags", "text/xml", table(`<TABLEDATA>${"<TR><TD>".repeat(60_000)}`)],
    ["of empty rows", "text/xml", table(`<TABLEDATA>${"<TR/>".repeat(190_000)}`)],
    ["of quotes", "text/csv", `ra,dec\n${'"'.repeat(900_001)}`],
    ["of commas", "text/csv", ",".repeat(1_000_000)],
    ["of line ends", "text/csv", "\n".repeat(1_000_000)],
    ["of blanks", "text/csv", " ".repeat(1_000_000)],
    ["of brackets", "application/json", "[".repeat(500_000)],
    ["of brackets that close", "application/json", "[".repeat(400_000) + "]".repeat(400_000)],
    ["of many names", "application/json", `[{${Array.from({ length: 60_000 }, (_, i) => `"c${i}":1`).join(",")}}]`],
    ["of numbers beyond all", "application/json", '[{"ra": 1e999, "dec": -1e999}]'],
    ["that is zipped", "text/csv", "\x1f\x8b\b\0\0\0\0\0\0\x03"],
    ["of two-byte letters", "text/csv", "\xff\xfer\0a\0,\0d\0e\0c\0\n\0"],
  ])("%s is refused soon, in few words", async (_, type, content) => {
    const body = Buffer.from(content, "latin1");
    const target = "/async?ID=sim_sample&FILTER=g&SIZE=0.2";
    const { status, text, milliseconds } = await hostile.send({
      method: "POST",
      target,
      headers: [BEARER, ["Content-Type", type]],
      body,
    });
    expect([status, text]).toEqual([
      expect.toBeOneOf([400, 413, 422]),
      expect.stringMatching(/^UsageError: [^]{10,3000}\n$/),
    ]);
    expect(text).not.toMatch(/root:|\/etc|\/tmp/);
    expect(milliseconds).toBeLessThan(3000);
  });
});

describe("the token", () => {
  it("is in no answer and in no line of the log, and every line is one", async () => {
    for (const target of [
      "/sync",
      "/query?ID=x&POS=y",
      "/links",
      "/async/x",
      "/nothing",
      "/history",
      "/async/%",
      `/sync?${SMALL}&access_token=${TOKEN}`,
    ]) {
      for (const method of ["GET", "POST", "DELETE"]) {
        for (const [name, value] of [
          BEARER,
          ["Authorization", `Token ${TOKEN}`],
          ["Authorization", `Basic ${TOKEN}`],
          ["Authorization", `Bearer ${TOKEN} x`],
          ["Cookie", `t=${TOKEN}`],
        ]) {
          const { text, headers } = await hostile.send({ method, target, headers: [[name, value]] });
          expect(text + JSON.stringify(headers)).not.toContain(TOKEN);
        }
      }
    }
    await get(`/sync?${SMALL}&RUNID=${encodeURIComponent('a\n{"event":"evil"}')}`);
    await hostile.expectNothingLeft();
    expect(hostile.log()).not.toContain(TOKEN);
    const lines = hostile
      .log()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; status?: number });
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter(({ event, status }) => event === "evil" || (status ?? 0) >= 500)).toEqual([]);
  });
});

/** A job with this list, at its end. */
async function list(type: string, content: string): Promise<string> {
  const target = "/async?ID=sim_sample&FILTER=g&SIZE=0.2&PHASE=RUN";
  const made = await hostile.send({
    method: "POST",
    target,
    headers: [BEARER, ["Content-Type", type]],
    body: Buffer.from(content),
  });
  expect([made.status, made.text]).toEqual([303, expect.anything()]);
  const id = made.headers.location.split("/").at(-1) ?? "";
  await done(id);
  return id;
}
