import type { Context } from "hono";
import { ServiceError } from "../errors.ts";
import type { Parameters } from "../ivoa/parameters.ts";
import { formatVoTableError, VOTABLE_MEDIA_TYPE, type VoInfo } from "../ivoa/votable.ts";
import type { AppEnv } from "./app-env.ts";
import { answerError } from "./error-response.ts";
import { noteError } from "./observe-requests.ts";

/** Those that a VOTable may be asked for by; the first one is what `votable` stands for. */
const MEDIA_TYPES = [VOTABLE_MEDIA_TYPE, "text/xml", "application/xml"];

/** The Content-Type of the answer; `usual` unless another way to say VOTable is asked for (DALI 1.1, section 3.4.3). */
export function parseVoTableFormat(parameters: Parameters, usual: string): string {
  const asked = parameters.single("RESPONSEFORMAT");
  if (asked === undefined) return usual;
  // A plus sign that was not escaped in the address arrives as a blank.
  const mediaType = asked.split(";")[0].trim().toLowerCase().replace(" ", "+");
  if (mediaType === "votable" || mediaType === VOTABLE_MEDIA_TYPE) return usual;
  if (MEDIA_TYPES.includes(mediaType)) return mediaType;
  throw new ServiceError(
    "usage",
    `Cannot answer as ${JSON.stringify(asked.slice(0, 100))}: there is votable (${MEDIA_TYPES.join(", ")})`,
  );
}

/**
 * An error as a VOTable with a label of DataLink 1.1, section 3.4, or SIA 2.0, section 3.2, which are the same here.
 * Status, headers and words are those of every other error.
 */
export function answerVoTableError(c: Context<AppEnv>, error: unknown, infos: readonly VoInfo[]): Response {
  noteError(c, error);
  const { status, text } = answerError(c, error);
  const message = `${faultOf(status)}: ${text.replace(/^\w+: /, "").trim()}`;
  return c.body(formatVoTableError(message, infos), status, { "Content-Type": VOTABLE_MEDIA_TYPE });
}

function faultOf(status: number): string {
  if (status === 503 || status === 429) return "TransientFault";
  if (status === 401 || status === 403) return "DefaultFault"; // there is no word for who asks
  return status < 500 ? "UsageFault" : "FatalFault";
}

/** A text as bytes, made as it is read. `onError`: it ends before its end, since what it is made of failed. */
export function streamText(
  chunks: AsyncGenerator<string, void, undefined>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (done !== true) return controller.enqueue(encoder.encode(value));
          controller.close();
        } catch (error) {
          controller.error(error);
          onError(error);
        }
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}
