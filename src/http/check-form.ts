import { ServiceError } from "../errors.ts";
import { takeTurns, type Steps } from "../jobs/take-turns.ts";

/** Fields of a form, or its parts. A list of shapes may be long, files are few. */
const MAX_FIELDS = 50_000;
const MAX_PARTS = 1000;
const MAX_PART_HEADER_BYTES = 8192;
const MAX_BOUNDARY_LENGTH = 70; // RFC 2046, section 5.1.1

const STEP_BYTES = 512 * 1024;
const AMPERSAND = 38;
const LINE_FEED = 10;

/** "over-limit" for a form that would take its parser seconds: of very many fields, or with endless headers. */
export async function checkForm(body: Uint8Array, contentType: string): Promise<void> {
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^\s;"]+))/i.exec(contentType);
  if (!/^\s*multipart\//i.test(contentType)) await takeTurns(countFields(body));
  else if (boundary !== null) await takeTurns(checkParts(body, boundary[1] ?? boundary[2]));
}

function* countFields(body: Uint8Array): Steps<undefined> {
  let fields = 1;
  for (let at = 0; at < body.length; at++) {
    if (body[at] === AMPERSAND && ++fields > MAX_FIELDS) throw tooMuch(`more than ${MAX_FIELDS} fields`);
    if (at % STEP_BYTES === STEP_BYTES - 1) yield;
  }
}

/** Horspool (1980), Software: Practice and Experience 10, 501. */
function* checkParts(body: Uint8Array, boundary: string): Steps<undefined> {
  if (boundary.length > MAX_BOUNDARY_LENGTH)
    throw new ServiceError("usage", "Cannot read the form: its boundary is too long");
  const delimiter = new TextEncoder().encode(`--${boundary}`);
  const last = delimiter.length - 1;
  const skips = new Uint8Array(256).fill(delimiter.length);
  for (let i = 0; i < last; i++) skips[delimiter[i]] = last - i;
  let parts = 0;
  let pause = STEP_BYTES;
  for (let at = 0; at + last < body.length; at += skips[body[at + last]]) {
    if (at > pause) {
      pause = at + STEP_BYTES;
      yield;
    }
    let i = last;
    while (i >= 0 && body[at + i] === delimiter[i]) i--;
    if (i >= 0 || (at > 0 && body[at - 1] !== LINE_FEED)) continue;
    if (++parts > MAX_PARTS) throw tooMuch(`more than ${MAX_PARTS} parts`);
    const start = at + delimiter.length;
    if (endOfHeader(body, start) > start + MAX_PART_HEADER_BYTES) throw tooMuch("a part with very long headers");
  }
}

/** At the empty line, or where there is none within the limit, beyond it; a body may end before. */
function endOfHeader(body: Uint8Array, start: number): number {
  const last = start + MAX_PART_HEADER_BYTES;
  for (let at = start; at <= last; at++) {
    if (at >= body.length) return start;
    if (body[at] === 13 && body[at + 1] === 10 && body[at + 2] === 13 && body[at + 3] === 10) return at;
  }
  return last + 1;
}

function tooMuch(what: string): ServiceError {
  return new ServiceError("over-limit", `Cannot read the form: it has ${what}`);
}
