import { z } from "zod";

/** One method of one path, as OpenAPI 3.1 describes it. */
export type Operation = {
  readonly method: "get" | "post" | "delete";
  /** As routes write it: /async/:id/phase. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: readonly ApiParameter[];
  readonly body?: RequestBody;
  /** It is about who asks, who must be somebody. */
  readonly isPersonal?: boolean;
  /** Any of them: scopes of a token by the name of the scheme; {}: nothing is needed. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Readonly<Record<number, ApiResponse>>;
};

export type ApiParameter = {
  readonly name: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema: object;
  readonly example?: string | number;
};

export type RequestBody = Readonly<Record<string, { readonly schema: object }>>;

export type ApiResponse = {
  readonly description: string;
  /** Schema by media type; {} where OpenAPI has no word for it. */
  readonly content?: Readonly<Record<string, object>>;
};

export function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "output", target: "draft-2020-12" });
  return rest;
}

/** The same parameters as a form in the body. */
export function formOf(parameters: readonly ApiParameter[]): RequestBody {
  const properties = Object.fromEntries(
    parameters.map(({ name, description, schema }) => [name, { description, ...schema }]),
  );
  const required = parameters.filter((parameter) => parameter.required === true).map(({ name }) => name);
  const schema = { type: "object", properties, ...(required.length > 0 ? { required } : {}) };
  return { "application/x-www-form-urlencoded": { schema }, "multipart/form-data": { schema } };
}

export const TEXT: Readonly<Record<string, object>> = { "text/plain": { type: "string" } };
export const XML: Readonly<Record<string, object>> = { "application/xml": { type: "string" } };
export const FITS: Readonly<Record<string, object>> = { "application/fits": {}, "image/fits": {} };
