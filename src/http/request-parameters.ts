import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";

/** Some thousand vertices; what is longer is no cutout request. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Parameters of the query and, for POST, of the form in the body, together (DALI 1.1, section 2.2). */
export async function readParameters(request: Request): Promise<Parameters> {
  const query = new URL(request.url).searchParams;
  if (request.method !== "POST") return new Parameters(query);
  const mediaType = request.headers.get("content-type")?.split(";")[0].trim().toLowerCase() ?? "";
  if (mediaType === "") return new Parameters(query);
  if (mediaType !== "application/x-www-form-urlencoded" && mediaType !== "multipart/form-data") {
    throw new ServiceError(
      "usage",
      `Cannot read a body of type "${mediaType}": it needs a form, urlencoded or multipart`,
    );
  }
  const body = await readBody(request);
  const form = await new Response(body, { headers: { "content-type": request.headers.get("content-type") ?? "" } })
    .formData()
    .catch((cause: unknown) => {
      throw new ServiceError("usage", "Cannot read the form in the body: it is damaged", { cause });
    });
  const fields = [...form].map(([name, value]): [string, string] => {
    if (typeof value === "string") return [name, value];
    throw new ServiceError("usage", `Cannot use ${name}: /sync takes no files`);
  });
  return new Parameters([...query, ...fields]);
}

/** The body, at most MAX_BODY_BYTES of it. */
async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += (chunk as Uint8Array).length;
    if (length > MAX_BODY_BYTES) {
      throw new ServiceError("over-limit", `Cannot read the body: it has more than ${MAX_BODY_BYTES} bytes`);
    }
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
