import { ServiceError } from "../errors.ts";
import { isForm, mediaTypeOf, parseForm, readBody } from "./read-body.ts";

/** Fields of a form, or of an object in JSON. */
export type Fields = {
  /** The first of this name. */
  get(name: string): string | undefined;
  all(name: string): readonly string[];
  readonly names: readonly string[];
  /** No form of a browser sends this. */
  readonly isJson: boolean;
};

const MAX_BYTES = 64 * 1024;

/**
 * The body of a request. In JSON a list is several values of a name (and an empty one a name without), `{ "limits": {
 * "streams": 3 } }` is `limits.streams`, and null is an empty text.
 */
export async function readFields(request: Request): Promise<Fields> {
  const mediaType = mediaTypeOf(request.headers);
  const body = await readBody(request, MAX_BYTES);
  if (body.length === 0) return fieldsOf([], false);
  if (mediaType === "application/json") return fieldsOf(readJson(body), true);
  if (!isForm(mediaType)) {
    throw new ServiceError("usage", "Cannot read the body: it needs a form, urlencoded or multipart, or JSON");
  }
  const form = [...(await parseForm(body, request.headers))].map(([name, value]): [string, string] => {
    if (typeof value === "string") return [name, value];
    throw new ServiceError("usage", `Cannot use ${JSON.stringify(name.slice(0, 100))}: this address takes no files`);
  });
  return fieldsOf(form, false);
}

/** A name, and one of its values; null: it has none. */
type Pair = readonly [name: string, value: string | null];

function fieldsOf(pairs: readonly Pair[], isJson: boolean): Fields {
  const all = (name: string) => pairs.flatMap(([known, value]) => (known === name && value !== null ? [value] : []));
  return { get: (name) => all(name)[0], all, names: [...new Set(pairs.map(([name]) => name))], isJson };
}

function readJson(body: Uint8Array): Pair[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new ServiceError("usage", "Cannot read the body: it is no JSON", { cause });
  }
  if (!isObject(value)) throw new ServiceError("usage", "Cannot read the body: it needs an object");
  return Object.entries(value).flatMap(([name, given]) => pairsOf(name, given, 1));
}

function pairsOf(name: string, value: unknown, depth: number): Pair[] {
  if (typeof value === "string") return [[name, value]];
  if (typeof value === "number" || typeof value === "boolean") return [[name, String(value)]];
  if (value === null) return [[name, ""]];
  if (Array.isArray(value) && depth < 3) {
    return value.length === 0 ? [[name, null]] : value.flatMap((one: unknown) => pairsOf(name, one, 3));
  }
  if (isObject(value) && depth < 2) {
    return Object.entries(value).flatMap(([key, given]) => pairsOf(`${name}.${key}`, given, 2));
  }
  throw new ServiceError("usage", `Cannot use ${JSON.stringify(name.slice(0, 100))}: it needs a text or a number`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
