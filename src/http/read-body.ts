import { ServiceError } from "../errors.ts";
import { formatBytesExactly } from "../format-bytes.ts";
import { checkForm } from "./check-form.ts";

/** Lower case, without its parameters; empty where there is none. */
export function mediaTypeOf(headers: Headers): string {
  return headers.get("content-type")?.split(";")[0].trim().toLowerCase() ?? "";
}

export function isForm(mediaType: string): boolean {
  return mediaType === "application/x-www-form-urlencoded" || mediaType === "multipart/form-data";
}

/** The body, at most so many bytes of it ("over-limit"); "canceled" where the client goes before its end. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(request)) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/** "usage" for a body of which nobody says what it is: it would be lost without a word. */
export async function refuseUntypedBody(request: Request, needed: string): Promise<void> {
  for await (const chunk of chunksOf(request)) {
    if (chunk.length === 0) continue;
    throw new ServiceError("usage", `Cannot read a body without a Content-Type: it needs ${needed}`);
  }
}

/** A form, urlencoded or multipart, whose body has been read. */
export async function parseForm(body: Uint8Array<ArrayBuffer>, headers: Headers): Promise<FormData> {
  const contentType = headers.get("content-type") ?? "";
  await checkForm(body, contentType);
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch (cause) {
    throw new ServiceError("usage", "Cannot read the form in the body: it is damaged", { cause });
  }
}

async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of request.body ?? []) yield chunk;
  } catch (cause) {
    throw new ServiceError("canceled", "Cannot read the body: it ended before it was whole", { cause });
  }
}

function tooLarge(maxBytes: number): ServiceError {
  return new ServiceError("over-limit", `Cannot read the body: it has more than ${formatBytesExactly(maxBytes)}`);
}
