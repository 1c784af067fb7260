import { ServiceError } from "../errors.ts";
import { Parameters } from "../ivoa/parameters.ts";
import { isForm, mediaTypeOf, parseForm, readBody, refuseUntypedBody } from "./read-body.ts";

/** Some thousand vertices; what is longer is no cutout request. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Of an address that is well-formed, as those of requests are: the rest of it is not parsed again. */
export function parametersOfQuery(url: string): Parameters {
  const [start, fragment] = [url.indexOf("?"), url.indexOf("#")];
  const end = fragment === -1 ? url.length : fragment;
  return new Parameters(new URLSearchParams(start === -1 || start > end ? "" : url.slice(start, end)));
}

/** Parameters of the query and, for POST, of the form in the body, together (DALI 1.1, section 2.2). */
export async function readParameters(request: Request): Promise<Parameters> {
  if (request.method !== "POST") return parametersOfQuery(request.url);
  const query = new URL(request.url).searchParams;
  const mediaType = mediaTypeOf(request.headers);
  if (mediaType === "") {
    await refuseUntypedBody(request, "a form, urlencoded or multipart");
    return new Parameters(query);
  }
  if (!isForm(mediaType)) {
    throw new ServiceError(
      "usage",
      `Cannot read a body of type "${mediaType.slice(0, 100)}": it needs a form, urlencoded or multipart`,
    );
  }
  const form = await parseForm(await readBody(request, MAX_BODY_BYTES), request.headers);
  const fields = [...form].map(([name, value]): [string, string] => {
    if (typeof value === "string") return [name, value];
    throw new ServiceError("usage", `Cannot use ${JSON.stringify(name.slice(0, 100))}: this address takes no files`);
  });
  return new Parameters([...query, ...fields]);
}
