import { SCOPES } from "../../access/tokens/api-token.ts";
import { SESSION_COOKIE } from "../session-cookie.ts";
import type { Operation } from "./operation.ts";

export type ApiFacts = {
  readonly publicUrl: string;
  /** Name and version, apart by a space. */
  readonly software: string;
  /** What the service does, in two or three words. */
  readonly title: string;
  readonly description: string;
};

/** An OpenAPI 3.1 document of these operations, for a service at this address. */
export function formatOpenApi(
  operations: readonly Operation[],
  { publicUrl, software, title, description }: ApiFacts,
): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[operation.method] = describe(operation);
  }
  const [name, version] = software.split(" ");
  return {
    openapi: "3.1.0",
    info: {
      title: `${name}: ${title}`,
      version,
      description,
    },
    servers: [{ url: publicUrl }],
    security: [{}, { token: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES },
  };
}

const SECURITY_SCHEMES = {
  token: {
    type: "http",
    scheme: "bearer",
    description: `A token, made by who has signed in, with scopes: ${listScopes()}`,
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: SESSION_COOKIE,
    description: "Of a browser that has signed in. What changes something has to come from a page of ours",
  },
};

function listScopes(): string {
  const scopes = Object.entries(SCOPES).map(([scope, text]) => `${scope} (${text.toLowerCase()})`);
  return scopes.join(", ");
}

function describe({
  method,
  path,
  tag,
  summary,
  description,
  query = [],
  body,
  security,
  responses,
}: Operation): object {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = query.map((parameter) => ({ in: "query", ...parameter }));
  return {
    operationId: `${method}${path.replace(/[/:.]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, "")}`,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [...inPath, ...inQuery],
    ...(security === undefined ? {} : { security }),
    ...(body === undefined ? {} : { requestBody: { content: body } }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, { description: text, content = {} }]) => [
        status,
        {
          description: text,
          content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])),
        },
      ]),
    ),
  };
}
