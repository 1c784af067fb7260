import { HISTORY_ROWS } from "../history-routes.ts";
import { healthAnswer, historyAnswer, usageAnswer } from "./answers.ts";
import { schemaOf, TEXT, type ApiResponse, type Operation } from "./operation.ts";

const HTML = { "text/html": { type: "string" } };

const HEALTH = { "application/json": schemaOf(healthAnswer) };

export const HEALTH_RESPONSES: Readonly<Record<number, ApiResponse>> = {
  200: {
    description: "It answers: all is well, or a part that only some requests need is not (degraded)",
    content: HEALTH,
  },
  503: { description: "It cannot answer, or is about to stop (draining)", content: HEALTH },
};

export const SERVICE_OPERATIONS: readonly Operation[] = [
  {
    method: "get",
    path: "/history",
    tag: "Cutouts",
    summary: "The synchronous requests of the user, the newest first",
    isPersonal: true,
    query: [
      {
        name: "LAST",
        description: "At most so many requests, the newest",
        schema: { type: "integer", minimum: 1, maximum: HISTORY_ROWS.most, default: HISTORY_ROWS.usual },
      },
      {
        name: "AFTER",
        description: "Only requests that began after this instant, UTC",
        schema: { type: "string", format: "date-time" },
      },
    ],
    responses: {
      200: { description: "Requests and how they ended", content: { "application/json": schemaOf(historyAnswer) } },
      400: { description: "UsageError, and what would be right", content: TEXT },
      401: { description: "AuthenticationError: nobody's requests have no history", content: TEXT },
    },
  },
  {
    method: "get",
    path: "/account/usage",
    tag: "Service",
    summary: "What the user may have, and has, now; of who has not signed in, what the address has",
    responses: {
      200: { description: "Each limit and its use", content: { "application/json": schemaOf(usageAnswer) } },
    },
  },
  {
    method: "get",
    path: "/health",
    tag: "Service",
    summary: "Whether the service is well",
    responses: HEALTH_RESPONSES,
  },
  {
    method: "get",
    path: "/",
    tag: "Service",
    summary: "What there is, in words",
    responses: { 200: { description: "Text", content: TEXT } },
  },
  {
    method: "get",
    path: "/docs",
    tag: "Service",
    summary: "This description, for people",
    responses: { 200: { description: "A page", content: HTML } },
  },
  {
    method: "get",
    path: "/openapi.json",
    tag: "Service",
    summary: "This description, for programs",
    responses: { 200: { description: "OpenAPI 3.1", content: { "application/json": { type: "object" } } } },
  },
];
