import fc from "fast-check";
import { IGNORED_PARAMETERS, SODA_PARAMETERS } from "../../src/ivoa/soda-parameters.ts";

/** Names of parameters in any case, known and unknown, with values that are right, nearly right, and anything. */
export type HostileRequest = {
  readonly method: "GET" | "POST" | "HEAD";
  readonly parameters: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
};

const NAMES = [
  ...Object.values(SODA_PARAMETERS).flatMap(({ name, synonyms }) => [name, ...synonyms]),
  ...IGNORED_PARAMETERS,
  ..."id pos Pos MAXREC UPLOAD REQUEST VERSION __proto__ constructor".split(" "),
];
const IDS = [
  ..."des_sample sim_sample des_dr2 none".split(" "),
  "ivo://localhost/des_sample?DESJ035621.6-524840.0/g",
  "ivo://localhost/des_sample?../../etc/passwd",
  "../../../etc/passwd",
  "ivo://",
  "des_sample\0",
  "DES_SAMPLE",
];

const number = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("59.09", "-52.811", "0.005", "59.0", "-52.8", "0.02", "0.3", "58.49") },
  fc.double().map(String),
  fc.constantFrom(
    "Inf",
    "-Inf",
    "NaN",
    "1e309",
    "-1e309",
    "1e-320",
    "0",
    "-0",
    "360",
    "-90",
    "180",
    "181",
    "90.0000001",
  ),
  fc.constantFrom("0x10", "1_000", "1,5", "٣", "--1", "1e", "+", "", "9".repeat(400)),
);
const numbers = (maxLength: number) => fc.array(number, { maxLength }).map((list) => list.join(" "));
export const anyText = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: "binary", maxLength: 40 }));

const VALUES: Readonly<Record<keyof typeof SODA_PARAMETERS, fc.Arbitrary<string>>> = {
  ID: fc.constantFrom(...IDS),
  POS: fc.oneof(
    fc.constantFrom("CIRCLE 59.09 -52.811 0.005", "CIRCLE 59.0 -52.8 0.02", "RANGE 58.9 59.1 -52.9 -52.7"),
    fc
      .tuple(fc.constantFrom("CIRCLE", "RANGE", "POLYGON", "circle", "SQUARE", ""), numbers(12))
      .map((parts) => parts.join(" ")),
  ),
  CIRCLE: numbers(4),
  POLYGON: fc.oneof(fc.constant("58.9 -52.9 59.1 -52.9 59.0 -52.7"), numbers(60)),
  BAND: fc.oneof(fc.constantFrom("g", "r", "4e-7 6e-7", "-Inf +Inf"), numbers(3)),
  FILTER: fc.constantFrom("g", "r", "i", "g,r", "q", "", "g g g"),
  TIME: fc.oneof(numbers(3), fc.constant("50000 60000")),
  POL: fc.constantFrom("I", "Q", "I Q U V", "POLI", "i", "IQ", "RR,LL", ""),
  MASK: fc.constantFrom("outside", "OUTSIDE", "none", "inside"),
  MOSAIC: fc.constantFrom("none", "auto", "x"),
  COLOR: fc.constantFrom("false", "true", "0", "x"),
  PLANE: fc.constantFrom("image", "mask", "weight", "image mask weight", "IMAGE", "x"),
  RESPONSEFORMAT: fc.constantFrom("fits", "application/fits", "image/png", "a".repeat(1000)),
  DISPOSITION: fc.constantFrom("inline", "attachment", "x"),
  CHECKSUMS: fc.constantFrom("always", "when-cheap", "never"),
  MISSING: fc.constantFrom("report", "fail", "x"),
  RUNID: fc.string({ maxLength: 100 }),
};

export const sodaParameter = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .constantFrom(...(Object.keys(VALUES) as (keyof typeof VALUES)[]))
      .chain((name) => fc.tuple(fc.constant(name), VALUES[name])),
  },
  { weight: 1, arbitrary: fc.tuple(fc.oneof(fc.constantFrom(...NAMES), anyText), anyText) },
);
/** Most requests are nearly right, so that they reach the pixels. */
const nearlyRight = fc
  .tuple(fc.constantFrom(...IDS.slice(0, 2)), VALUES.POS, fc.array(sodaParameter, { maxLength: 3 }))
  .map(([id, pos, more]) => [["ID", id], ["POS", pos], ...more] as [string, string][]);

const header = fc.tuple(
  fc.constantFrom("if-match", "if-none-match", "range", "authorization", "accept", "x-request-id", "accept-encoding"),
  fc.oneof(
    fc.constantFrom("Bearer x", "Basic x", "*", '"x"', 'W/"', '"', "bytes=0-", "bytes=-1", "bytes=9-1"),
    fc.stringMatching(/^[ -~]{0,100}$/),
  ),
);

export const hostileRequest: fc.Arbitrary<HostileRequest> = fc.record({
  method: fc.constantFrom("GET", "GET", "GET", "POST", "HEAD"),
  parameters: fc.oneof({ weight: 2, arbitrary: nearlyRight }, fc.array(sodaParameter, { maxLength: 12 })),
  headers: fc.array(header, { maxLength: 2 }).map((list) => Object.fromEntries(list)),
});

/** Any bytes as the query, or as a form. */
export const hostileText = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc
    .array(
      fc.constantFrom("%", "%0", "%00", "%zz", "%ff%fe", "&", "=", "+", "ID=des_sample", "POS", "CIRCLE", ";", "#"),
      { maxLength: 30 },
    )
    .map((parts) => parts.join("")),
);

/** Sends it, and reads the answer to its end; throws where the answer is none that a client's fault can have. */
export async function checkAnswer(
  app: { request(path: string, init?: RequestInit): Response | Promise<Response> },
  { method, parameters, headers }: HostileRequest,
): Promise<number> {
  const pairs = parameters.map(([name, value]): [string, string] => [name, value]);
  const form = new URLSearchParams(pairs);
  const started = performance.now();
  const response =
    method === "POST"
      ? await app.request("/sync", { method, headers, body: form })
      : await app.request(`/sync?${form.toString()}`, { method, headers });
  const body = new Uint8Array(await response.arrayBuffer());
  const seconds = (performance.now() - started) / 1000;
  if (seconds > 10) throw new Error(`The answer took ${seconds.toFixed(1)} seconds`);
  await checkStatus(response, method, body);
  return response.status;
}

async function checkStatus(response: Response, method: string, body: Uint8Array): Promise<void> {
  const { status } = response;
  const said = new TextDecoder().decode(body.subarray(0, 500));
  if (![200, 204, 304, 400, 401, 404, 412, 413, 422].includes(status)) throw new Error(`Status ${status}: ${said}`);
  if (status === 200 && method !== "HEAD" && String(body.length) !== response.headers.get("content-length")) {
    throw new Error(`${body.length} bytes came of ${response.headers.get("content-length")}`);
  }
  if (response.headers.get("x-request-id") === null) throw new Error("It has no X-Request-Id");
  if ((status === 401) !== response.headers.has("www-authenticate"))
    throw new Error("401 and its challenge go together");
  if (status >= 400) {
    if (!/^(UsageError|MultiValuedParamNotSupported|AuthenticationError): /.test(said) && method !== "HEAD")
      throw new Error(`It says ${said}`);
    if (/\/(tmp|work|home|root|usr)\/|\bat .*\.[jt]s:\d/.test(said))
      throw new Error(`It tells where files lie: ${said}`);
  }
  return Promise.resolve();
}
