import { sendRaw, type RawAnswer } from "../support/raw-http.ts";
import { SMALL, TOKEN, type HostileServer } from "../support/hostile-server.ts";
import { readXml } from "../support/uws-schema.ts";
import { formatCall } from "./call-bytes.ts";
import type { HostileCall } from "./calls.ts";

/** No answer takes so long; a WAIT is held for a second. */
const MOST_SECONDS = 10;
/** Beyond it the oldest job of the user goes, whatever it does just then. */
const MOST_JOBS = 12;
const MOST_TEXT = 6000;
const LABEL =
  /^(UsageError|MultiValuedParamNotSupported|AuthenticationError|AuthorizationError|ServiceUnavailable): \S/;
/** 429: hundreds of wrong tokens a minute, as a long run sends. 503: as many requests wait as a user may have. */
const STATUSES = [
  200, 204, 206, 303, 304, 400, 401, 403, 404, 405, 408, 412, 413, 414, 415, 416, 417, 422, 429, 431, 501, 503,
];
const LEAKS = /\/(?:tmp|work|home|root|usr)\/|\bat .*\.[jt]s:\d|node:internal|node_modules|SQLITE|better-sqlite/;
const NEVER = "n".repeat(26);

/** Sends calls to a server, and looks at every answer; throws where it is none that a client's fault can have. */
export async function createCallChecker(hostile: HostileServer) {
  const other = await hostile.createJob(`${SMALL}&PHASE=RUN`, "other");
  const own: string[] = [];
  const statuses = new Map<number | null, number>();

  async function renew(): Promise<{ own: string; anonymous: string }> {
    while (own.length < 3)
      own.push(await hostile.createJob(`${SMALL}&FILTER=r${own.length > 0 ? "&PHASE=RUN" : ""}`, "test"));
    const [first] = own;
    if (own.length > MOST_JOBS || hostile.phaseOf(first) === undefined) {
      await hostile.send({
        method: "DELETE",
        target: `/async/${first}`,
        headers: [["Authorization", `Bearer ${TOKEN}`]],
      });
      own.shift();
    }
    anonymous = hostile.phaseOf(anonymous) === undefined ? await hostile.createJob(SMALL, "anonymous") : anonymous;
    return { own: own[own.length - 1], anonymous };
  }
  let anonymous = "";

  async function check(call: HostileCall): Promise<number | null> {
    const ids: Record<string, string> = { ...(await renew()), other, never: NEVER };
    const answer = await send(call, ids);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    checkAnswer(call, answer);
    const location = answer.status === 303 ? /\/async\/([a-z0-9]{26})$/.exec(answer.headers.location ?? "") : null;
    if (location !== null && !own.includes(location[1]) && location[1] !== anonymous) own.push(location[1]);
    if (call.path.includes("{other}")) {
      if (hostile.phaseOf(other) === undefined) throw new Error("It deleted another user's job");
      // Whoever has no business with it cannot tell it from a job that never was.
      const told = await send({ ...call, path: call.path.replace("{other}", "{never}") }, ids);
      const [a, b] = [answer, told].map(
        ({ status, text }) => `${status} ${text.replaceAll(other, NEVER).replace(REQUEST_ID, "")}`,
      );
      const isLimited = answer.status === 429 || told.status === 429;
      if (a !== b && !isLimited) throw new Error(`Another's job shows: ${a.slice(0, 300)} and not ${b.slice(0, 300)}`);
    }
    return answer.status;
  }

  function send(call: HostileCall, ids: Readonly<Record<string, string>>): Promise<RawAnswer> {
    const { bytes, halfClose } = formatCall(call, (text) =>
      text.replace(/\{(\w+)\}/g, (whole, name: string) => ids[name] ?? whole),
    );
    const untilBody = call.path.endsWith("/events"); // those of a job that waits have no end
    return sendRaw(hostile.port, bytes, {
      seconds: MOST_SECONDS,
      halfClose,
      untilBody,
      isHead: call.method === "HEAD",
    });
  }

  return { check, statuses };
}

const REQUEST_ID = /\(request [\w.-]+\)/;

export function checkAnswer(call: HostileCall, answer: RawAnswer): void {
  const { status, headers, text } = answer;
  const said = `${status} ${text.slice(0, 500)}`;
  if (status === null) {
    // Node ends such connections itself, before any request is ours.
    if (call.method === "CONNECT" || call.framing === "too-long" || call.framing === "no-chunks") return;
    throw new Error("No answer came");
  }
  if (!STATUSES.includes(status)) throw new Error(`Status ${said}`);
  if (!answer.isWhole && !call.path.endsWith("/events")) throw new Error(`It is cut off: ${said}`);
  if (LEAKS.test(text.slice(0, MOST_TEXT)) && !call.path.startsWith("/docs"))
    throw new Error(`It tells too much: ${said}`);
  const all = `${JSON.stringify(headers)}${text}`;
  if (all.includes(TOKEN) && !JSON.stringify(call.path + call.query).includes(TOKEN))
    throw new Error(`It tells the token: ${said}`);
  if (headers["x-evil"] !== undefined || /^evil/i.test(headers["x-request-id"] ?? ""))
    throw new Error("A header was put in");
  const type = headers["content-type"] ?? "";
  if (status >= 400) checkError(call, answer, said);
  else if (text !== "" && /xml/.test(type)) readXml(text);
  else if (text !== "" && /json/.test(type)) JSON.parse(text);
}

function checkLimit({ headers: sent }: HostileCall, headers: RawAnswer["headers"], said: string): void {
  if (headers["retry-after"] === undefined) throw new Error(`It does not say when to ask again: ${said}`);
  if (!sent.some(([name]) => /^authorization$/i.test(name))) throw new Error(`No token was wrong: ${said}`);
}

function checkError(call: HostileCall, { status, headers, text }: RawAnswer, said: string): void {
  if ((status === 401) !== (headers["www-authenticate"] !== undefined))
    throw new Error("401 and its challenge go together");
  if (status === 405 && headers.allow === undefined) throw new Error("405 says what is allowed");
  if (status === 429) checkLimit(call, headers, said);
  if (call.method === "HEAD") return;
  const type = headers["content-type"] ?? "";
  const isTable = type.startsWith("application/x-votable+xml");
  if (isTable) {
    const info = /<INFO name="QUERY_STATUS" value="ERROR">(\w+): [^<]{5,}<\/INFO>/.exec(text);
    if (info === null) throw new Error(`The table does not say what is wrong: ${said}`);
    readXml(text);
  } else {
    if (!type.startsWith("text/plain")) throw new Error(`An error as ${type}: ${said}`);
    if (!LABEL.test(text) || !text.endsWith("\n")) throw new Error(`It says ${said}`);
  }
  if (text.length > MOST_TEXT) throw new Error(`It says ${text.length} characters: ${said}`);
}
