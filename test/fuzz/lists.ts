import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { ServiceError } from "../../src/errors.ts";
import { readJobRequest } from "../../src/http/read-job-request.ts";
import { Parameters } from "../../src/ivoa/parameters.ts";
import { parseSodaParameters } from "../../src/ivoa/soda.ts";
import { expandJob } from "../../src/jobs/expand-job.ts";
import { createImageIndex } from "../../src/surveys/image-index.ts";
import { createRegistry } from "../../src/surveys/registry.ts";
import { openEmptyIndex } from "../support/survey-index.ts";

/** A request for a job with a list, and how it is sent. */
export type HostileJob = {
  readonly parameters: readonly (readonly [string, string])[];
  readonly list: Uint8Array;
  readonly mediaType: string;
  readonly how: "body" | "file" | "part";
};

const FOLDER = join(import.meta.dirname, "../fixtures/lists");
const FILES: readonly Uint8Array[] = [
  ...readdirSync(FOLDER)
    .filter((name) => /\.(xml|csv)$/.test(name))
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(FOLDER, name)))),
  ...[
    "meta_id,ra,dec,_meta_rating_id,_meta_rating,_meta_reject_id,_meta_reject\r\n1,36.3,-10.1,,,12,true\r\n",
    'id;ra;dec;size;filter;format\n"a ""b""\nc";02:25:14.2;-10 11 15;1 x 2;gr;fits\n',
    '[{"ra": 1, "dec": 2, "id": "a", "size": 3}, {"ra": "2h25m14.2s", "dec": -3.5e0}]',
    '{"columns": ["ra", {"name": "dec", "unit": "deg"}], "data": [[1, 2], ["3", null]]}',
  ].map((text) => new TextEncoder().encode(text)),
];

const TOKENS = [
  ...[
    ",",
    ";",
    "\t",
    "\n",
    "\r",
    '"',
    '""',
    "#",
    " ",
    "\0",
    "\ufeff",
    "é",
    "1e999",
    "-0",
    "NaN",
    "Infinity",
    "90.0001",
  ],
  ...["[", "]", "{", "}", ":", "null", "\\ud800", "__proto__", "constructor", '"rows":', '"data":', '"columns":'],
  ...[
    "<",
    ">",
    "/>",
    "</",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml ",
    "<!DOCTYPE x [",
    "<!ENTITY a 'b'>",
    "&a;",
    "&#0;",
  ],
  ...[
    "<TR>",
    "</TR>",
    "<TD>",
    "</TD>",
    "<TD/>",
    "<TABLEDATA>",
    "</TABLEDATA>",
    "<STREAM encoding='base64'>",
    "<BINARY2>",
  ],
  ...["<FIELD name='ra'/>", "datatype='bit'", "arraysize='*'", "arraysize='9999999x9999999'", "unit='rad'", "null='1'"],
];

/** What happens to a file: bytes changed, tokens put in, pieces taken out, doubled, or cut off. */
type Change = {
  readonly kind: "byte" | "token" | "remove" | "repeat" | "cut";
  readonly at: number;
  readonly n: number;
};

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("byte", "token", "token", "remove", "repeat", "cut"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  n: fc.nat(100_000),
});

export const mutatedList = fc
  .tuple(fc.constantFrom(...FILES), fc.array(change, { maxLength: 3 }))
  .map(([file, changes]) => changes.reduce(applyChange, file));

const parameter = fc.oneof(
  fc.constantFrom<readonly [string, string]>(
    ["ID", "des_dr2"],
    ["ID", "sim_sample"],
    ["ID", "ivo://localhost/des_dr2?x"],
    ["FILTER", "gri"],
    ["FILTER", "Y"],
    ["BAND", "4e-7 5e-7"],
    ["BAND", "g"],
    ["TIME", "1 2"],
    ["SIZE", "2"],
    ["SIZE", "2 x 3"],
    ["POS", "CIRCLE 1 2 3"],
    ["RA_COLUMN", "ra"],
    ["DEC_COLUMN", "RA"],
    ["ID_COLUMN", "dec"],
    ["PHASE", "RUN"],
    ["CHECKSUMS", "always"],
    ["UPLOAD", "x,param:y"],
    ["POL", "I"],
    ["PLANE", "mask"],
  ),
  fc.tuple(
    fc.constantFrom("ID", "FILTER", "SIZE", "TIME", "RA_COLUMN", "PHASE", "UPLOAD", "RUNID", "MASK", "x"),
    fc.string({ unit: "binary", maxLength: 30 }),
  ),
);

export const hostileJob: fc.Arbitrary<HostileJob> = fc.record({
  parameters: fc
    .array(parameter, { maxLength: 2 })
    .map((more): (readonly [string, string])[] => [["ID", "des_dr2"], ...more]),
  list: mutatedList,
  mediaType: fc.constantFrom("text/csv", "application/json", "text/xml", "application/x-votable+xml", "text/plain"),
  how: fc.constantFrom("body", "file", "part"),
});

function applyChange(file: Uint8Array, { kind, at, n }: Change): Uint8Array {
  const place = Math.floor(at * file.length);
  const [before, after] = [file.subarray(0, place), file.subarray(place)];
  switch (kind) {
    case "byte":
      return join3(before, Uint8Array.of(n & 255), after.subarray(1));
    case "token":
      return join3(before, new TextEncoder().encode(TOKENS[n % TOKENS.length]), after);
    case "remove":
      return join3(before, new Uint8Array(), after.subarray(n % 100));
    case "repeat": {
      const piece = after.subarray(0, 1 + (n % 50));
      return Uint8Array.from([...before, ...Array.from({ length: 1 + (n % 200) }, () => [...piece]).flat(), ...after]);
    }
    case "cut":
      return before;
    default:
      return kind satisfies never;
  }
}

function join3(a: Uint8Array, b: Uint8Array, c: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length + c.length);
  joined.set(a);
  joined.set(b, a.length);
  joined.set(c, a.length + b.length);
  return joined;
}

const LIMITS = {
  list: { maxBytes: 200_000, maxRows: 2000, maxColumns: 100, maxCells: 50_000, maxReportedRows: 10 },
  maxFormBytes: 20_000,
};
const MAX_RESULTS = 5000;
const REFUSALS: readonly string[] = ["usage", "not-found", "over-limit", "unsupported", "multi-valued"];

/** Reads it and takes it apart, as /async does; tells how it ended. Throws where that is no answer a client can have. */
export function createJobChecker(): (job: HostileJob) => Promise<string> {
  const registry = createRegistry(createImageIndex(openEmptyIndex(), "localhost"));
  return async (job) => {
    const started = performance.now();
    let end: string;
    try {
      const { parameters, list: read } = await readJobRequest(requestOf(job), { registry, limits: LIMITS });
      const limits = { maxResults: MAX_RESULTS };
      const recipes = await expandJob({ parameters, rows: read?.rows ?? null, registry, limits });
      if (recipes.length === 0 || recipes.length > MAX_RESULTS) throw new Error(`It has ${recipes.length} results`);
      for (const { recipe } of recipes) parseSodaParameters(new Parameters(recipe));
      end = "read";
    } catch (error) {
      if (!(error instanceof ServiceError) || !REFUSALS.includes(error.code)) throw error;
      if (error.message.length > 10_000)
        throw new Error(`It says ${error.message.length} characters`, { cause: error });
      end = error.code;
    }
    const seconds = (performance.now() - started) / 1000;
    if (seconds > 5) throw new Error(`It took ${seconds.toFixed(1)} seconds`);
    return end;
  };
}

function requestOf({ parameters, list: bytes, mediaType, how }: HostileJob): Request {
  const pairs = parameters.map(([name, value]): [string, string] => [name, value]);
  const blob = new Blob([new Uint8Array(bytes)], { type: mediaType });
  if (how === "body") {
    const query = new URLSearchParams(pairs).toString();
    const headers = { "content-type": mediaType };
    return new Request(`http://localhost/async?${query}`, { method: "POST", body: blob, headers });
  }
  const form = new FormData();
  for (const [name, value] of pairs) form.append(name, value);
  if (how === "part") form.append("UPLOAD", "mine,param:y");
  form.append(how === "part" ? "y" : "UPLOAD", blob, "list");
  return new Request("http://localhost/async", { method: "POST", body: form });
}
