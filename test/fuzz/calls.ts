import fc from "fast-check";
import { BEARER, TOKEN } from "../support/hostile-server.ts";
import { mutatedList } from "./lists.ts";
import { anyText, sodaParameter } from "./requests.ts";

export type Pair = readonly [name: string, value: string];

/** A request to any address of the service, in any way; `{own}` and the like in it stand for jobs. */
export type HostileCall = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly Pair[];
  readonly body: { readonly type: string; readonly bytes: Uint8Array } | null;
  readonly framing: (typeof FRAMINGS)[number];
};

const METHODS = [..."GET GET GET GET POST POST POST HEAD DELETE PUT PATCH OPTIONS TRACE QUERY PROPFIND".split(" ")];
const SINGLE_PATHS = [
  ..."/sync /sync /sync /query /query /links /links /async /async /async /history / /health /docs /docs/show.js".split(
    " ",
  ),
  ..."/docs/swagger-ui.css /docs/package.json /openapi.json /capabilities /availability /examples".split(" "),
];
/** Jobs of the user, of nobody, of another user, and of nobody ever; and what is no job id at all. */
export const JOBS = ["{own}", "{own}", "{anonymous}", "{other}", "{never}"];
const NO_JOBS = [
  "..%2f..%2fetc",
  "%00",
  "a".repeat(5000),
  "__proto__",
  "%2e%2e",
  "%",
  "%zz",
  "A".repeat(26),
  "%ff%fe",
  "'--",
  " ",
];
export const PARTS = [
  ..."phase executionduration destruction quote owner error parameters results rerun events manifest.json".split(" "),
  ..."manifest.csv parameters/ID parameters/UPLOAD parameters/__proto__ results/result-1 results/result-2".split(" "),
  ..."results/result results/result-0 results/result-99999999999999999999 results/all.zip results/all.tar".split(" "),
  ..."results/..%2f..%2frecords.sqlite results/%2e%2e%2f%2e%2e%2findex.sqlite results/%00 results/.x.part nothing".split(
    " ",
  ),
];

const jobPath = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...JOBS) }, fc.constantFrom(...NO_JOBS)),
    fc.oneof(
      { weight: 1, arbitrary: fc.constant("") },
      { weight: 8, arbitrary: fc.constantFrom(...PARTS).map((part) => `/${part}`) },
    ),
  )
  .map(([job, part]) => `/async/${job}${part}`);
/** No blanks: they would end the target. */
const anyPath = fc.oneof(
  fc.string({ maxLength: 30 }).map((text) => `/${encodeURIComponent(text)}`),
  fc
    .array(
      fc.constantFrom(
        "/",
        "..",
        ".",
        "%2e",
        "%2f",
        "%",
        "%c3%28",
        "\\",
        "//",
        "async",
        "sync",
        "?",
        "é",
        ";",
        ":",
        "@",
        "*",
      ),
      { maxLength: 8 },
    )
    .map((parts) => `/${parts.join("")}`),
  fc.constantFrom(
    "*",
    "http://localhost/sync?ID=sim_sample",
    "http://[/sync",
    "//x/sync",
    "/sync/",
    "/ASYNC",
    "/async/",
    "/async//phase",
  ),
);
const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...SINGLE_PATHS) },
  { weight: 6, arbitrary: jobPath },
  anyPath,
);

const WORDS = [
  ..."RUN ABORT DELETE PENDING COMPLETED -1 0 1 2 1e999 NaN 0x10 2026-01-01 9999-12-31T23:59:59Z 0000-01-01 votable".split(
    " ",
  ),
  ..."text/xml application/json des_sample sim_sample ivo://localhost/sim_sample?x x,param:y a,http://x/y g r i".split(
    " ",
  ),
  ..."+Inf -Inf +Inf%20+Inf \0 \uD800 image 0.1 60000".split(" "),
  ...[
    "CIRCLE 59.0 -52.8 0.003",
    "59.0 -52.8 0.003",
    "' or 1=1 --",
    "=cmd|' /C calc'!A0",
    "]]><x>&a;\"'",
    "9".repeat(400),
    "a\r\nX-Evil: 1",
    "${7*7}",
    "%n%s",
  ],
];
const NAMES = [
  ..."PHASE WAIT AFTER LAST ACTION DESTRUCTION EXECUTIONDURATION RUNID UPLOAD MAXREC FORMAT FOV SPATRES EXPTIME".split(
    " ",
  ),
  ..."TARGET CALIB FACILITY COLLECTION INSTRUMENT DPTYPE SPECRP TIMERES REQUEST VERSION RA_COLUMN DEC_COLUMN ID_COLUMN".split(
    " ",
  ),
  ..."SIZE ID POS CIRCLE POLYGON BAND FILTER TIME POL RESPONSEFORMAT __proto__ constructor toString".split(" "),
];
const anyCase = fc
  .tuple(fc.constantFrom(...NAMES), fc.nat(3))
  .map(([name, n]) => (n === 0 ? name.toLowerCase() : n === 1 ? name[0] + name.slice(1).toLowerCase() : name));
const pair: fc.Arbitrary<Pair> = fc.oneof(
  { weight: 5, arbitrary: sodaParameter },
  { weight: 5, arbitrary: fc.tuple(anyCase, fc.oneof(fc.constantFrom(...WORDS), anyText)) },
  { weight: 1, arbitrary: fc.tuple(anyText, anyText) },
);
const nearlyRight = fc
  .tuple(
    fc.constantFrom<Pair>(["ID", "sim_sample"], ["ID", "des_sample"]),
    fc.constantFrom<Pair>(["POS", "CIRCLE 59.0 -52.8 0.003"], ["CIRCLE", "59.0 -52.8 0.003"]),
    fc.array(pair, { maxLength: 2 }),
  )
  .map(([id, pos, more]): Pair[] => [id, pos, ...more]);
const pairs = fc.oneof(
  { weight: 3, arbitrary: nearlyRight },
  { weight: 3, arbitrary: fc.array(pair, { maxLength: 6 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(pair, fc.integer({ min: 2, max: 300 }))
      .map(([one, times]) => Array.from({ length: times }, () => one)),
  },
);
const encode = (list: readonly Pair[]) =>
  new URLSearchParams(list.map(([name, value]): [string, string] => [name, value])).toString();
/** What may stand in a target, right or not. */
const brokenQuery = fc
  .array(
    fc.constantFrom(
      "%",
      "%0",
      "%00",
      "%zz",
      "%ff%fe",
      "&",
      "=",
      "+",
      "ID=sim_sample",
      "POS",
      "CIRCLE",
      ";",
      "é",
      "\x80",
      '"',
      "<",
      "[]",
      "?",
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(""));
const query = fc.oneof(
  { weight: 4, arbitrary: pairs.map(encode) },
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: brokenQuery },
);

const URLENCODED = "application/x-www-form-urlencoded";
const TYPES = [
  ...[
    URLENCODED,
    "multipart/form-data; boundary=b0undary",
    "multipart/form-data",
    'multipart/form-data; boundary="b0undary\r\n',
    "text/csv",
  ],
  ..."application/json text/xml application/x-votable+xml text/plain image/png x / ; multipart/form-data;boundary=".split(
    " ",
  ),
  ...["text/csv; charset=utf-16", "text/csv; header=absent", "a".repeat(5000)],
];
const utf8 = (text: string) => new TextEncoder().encode(text);
const part = fc.tuple(
  fc.oneof(anyCase, fc.constantFrom("y", 'a"b', "a\r\nb", "é")),
  fc.constantFrom("", '; filename="l.csv"', '; filename="../../x"', '; filename=""', "; filename*=utf-8''%00"),
  fc.oneof(fc.constantFrom(...WORDS), anyText),
);
const multipart = fc
  .tuple(
    fc.array(part, { maxLength: 5 }),
    fc.constantFrom("b0undary", "b0undary", "b0undary", "y", ""),
    fc.constantFrom("--\r\n", "--", "", "\r\n"),
  )
  .map(([parts, boundary, end]) => {
    const text = parts.map(
      ([name, file, value]) =>
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`,
    );
    return utf8(`${text.join("")}--${boundary}${end}`);
  });
const body = fc.oneof(
  { weight: 5, arbitrary: pairs.map((list) => ({ type: URLENCODED, bytes: utf8(encode(list)) })) },
  { weight: 3, arbitrary: multipart.map((bytes) => ({ type: "multipart/form-data; boundary=b0undary", bytes })) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom("text/csv", "application/json", "text/xml"), bytes: mutatedList }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom(...TYPES),
      bytes: fc.oneof(mutatedList, multipart, brokenQuery.map(utf8)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom(...TYPES), bytes: fc.uint8Array({ maxLength: 300 }) }) },
  { weight: 1, arbitrary: fc.constant({ type: URLENCODED, bytes: utf8(`ID=${"x".repeat(1_100_000)}`) }) },
);

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  Range: [
    "bytes=0-",
    "bytes=-1",
    "bytes=9-1",
    "bytes=0-0,1-1,2-2",
    `bytes=${"0-,".repeat(2000)}0-`,
    "bytes=99999999999999999999-",
    "rows=1",
    "bytes=1-2,-0",
  ],
  "If-Match": ["*", '"x"', 'W/"x"', '"', "x".repeat(4000)],
  "If-None-Match": ["*", '"x"', 'W/"', '""""""""', '"'.repeat(4000)],
  "If-Modified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT", "never", "Thu, 01 Jan 99999 00:00:00 GMT"],
  "If-Unmodified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT", "0"],
  "If-Range": ['"x"', "Thu, 01 Jan 1970 00:00:00 GMT"],
  Authorization: [
    "Bearer x",
    "Basic dGVzdDp0ZXN0",
    "Bearer",
    `Token ${TOKEN}x`,
    `bearer  ${TOKEN} ${TOKEN}`,
    "Bearer \xe9",
    `Bearer ${"a".repeat(4000)}`,
  ],
  "Last-Event-ID": ["end", "1", "\xff", "-1"],
  "X-Request-Id": ["mine", "a b", "x".repeat(65), "\xe9", '","evil":"1', "<script>"],
  Accept: ["text/html", "*/*;q=0"],
  "Accept-Encoding": ["gzip", "br;q=1"],
  Host: ["", "a b", "xn--a", "[::1]", "localhost:99999", "evil.example", "\xe9", "a'b\"c", "1.2", "<x>"],
  Origin: ["null", "https://evil.example"],
  Cookie: ["a=b; __proto__=c"],
  "X-Forwarded-Host": ["evil.example"],
  "Content-Encoding": ["gzip"],
  Upgrade: ["websocket", "h2c"],
  "X-HTTP-Method-Override": ["DELETE"],
  Expect: ["100-continue", "200-ok"],
};
const header: fc.Arbitrary<Pair> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(BEARER) },
  {
    weight: 8,
    arbitrary: fc
      .constantFrom(...Object.keys(HEADERS))
      .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom(...HEADERS[name]))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom("X", "Range", "Content-Type", "Accept"), fc.stringMatching(/^[ -~]{0,60}$/)),
  },
);

/** How the body's length is told: as it is, or not. */
const FRAMINGS = [
  "length",
  "length",
  "length",
  "length",
  "chunked",
  "too-long",
  "too-short",
  "both",
  "no-chunks",
  "negative",
  "twice",
  "none",
] as const;

export const hostileCall: fc.Arbitrary<HostileCall> = fc.record({
  method: fc.oneof({ weight: 40, arbitrary: fc.constantFrom(...METHODS) }, fc.constantFrom("CONNECT", "FOO", "get")),
  path,
  query,
  headers: fc.oneof({ weight: 1, arbitrary: fc.constant([BEARER]) }, fc.array(header, { maxLength: 4 })),
  body: fc.option(body, { freq: 2 }),
  framing: fc.constantFrom(...FRAMINGS),
});
