// The OpenAPI 3.1 document, made from the table of routes: it cannot tell of anything that is not served.
import { z } from "zod";
import { API_ROUTES } from "./api.ts";
import type { ApiRoute } from "./api-route.ts";
import { errorSchema, healthSchema } from "./schemas.ts";

export const NDJSON = "application/x-ndjson";
export const EVENT_STREAM = "text/event-stream";

type JsonObject = Record<string, unknown>;

function schemaOf(schema: z.ZodType): JsonObject {
  // OpenAPI 3.1 takes JSON Schema 2020-12 as it is; the $schema line is for stand-alone documents.
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "output" });
  return rest;
}

function jsonAnswer(description: string, schema: z.ZodType): JsonObject {
  return { description, content: { "application/json": { schema: schemaOf(schema) } } };
}

function linesAnswer(schema: z.ZodType): JsonObject {
  return {
    description: "Lines of JSON, each ended by a line feed; one has this schema",
    content: { [NDJSON]: { schema: { type: "string" }, "x-line-schema": schemaOf(schema) } },
  };
}

/** Events of one kind tell the summary; the others are described in words. */
function eventsAnswer(schema: z.ZodType): JsonObject {
  return {
    description: "Server-sent events; the data of `summary` has this schema, that of `changed` is {what}",
    content: { [EVENT_STREAM]: { schema: { type: "string" }, "x-event-schema": schemaOf(schema) } },
  };
}

function answerOf({ streams, answer }: ApiRoute): JsonObject {
  if (streams === undefined) return jsonAnswer("Done", answer);
  return streams === "lines" ? linesAnswer(answer) : eventsAnswer(answer);
}

function parametersOf(route: ApiRoute): readonly JsonObject[] {
  const { properties = {} } = z.toJSONSchema(route.query, { io: "input" });
  const query = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: false,
    schema,
  }));
  const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
  return route.path.includes("{id}") ? [id, ...query] : query;
}

function operationOf(route: ApiRoute): JsonObject {
  const failures = {
    400: "The query or the body is not valid",
    401: "No token, or a wrong one",
    403: `Another site caused the request, or who asks is no ${route.role}`,
    429: "Too many wrong tokens from this address; Retry-After says how long to wait",
    ...route.failures,
  };
  const refused = {
    ...(route.body === undefined ? {} : { 413: "The body is too large", 415: "The body is not JSON" }),
  };
  return {
    summary: route.summary,
    "x-role": route.role,
    parameters: parametersOf(route),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: route.isBodyOptional !== true,
            content: { "application/json": { schema: schemaOf(route.body) } },
          },
        }),
    responses: {
      200: answerOf(route),
      ...Object.fromEntries(
        Object.entries({ ...failures, ...refused }).map(([status, text]) => [
          status,
          jsonAnswer(text, errorSchema),
        ]),
      ),
    },
  };
}

function plainOperation(summary: string, answer: JsonObject, failures: JsonObject = {}): JsonObject {
  return { get: { summary, security: [], responses: { 200: answer, ...failures } } };
}

const textAnswer = (type: string) => ({
  description: "Done",
  content: { [type]: { schema: { type: "string" } } },
});

export function openApiDocument(): JsonObject {
  const paths: Record<string, JsonObject> = {
    "/healthz": plainOperation("The process lives", jsonAnswer("It does", healthSchema)),
    "/readyz": plainOperation("It serves", jsonAnswer("It does", healthSchema), {
      503: jsonAnswer("Not yet, or not any more", healthSchema),
    }),
    "/metrics": { get: { summary: "Prometheus metrics", responses: { 200: textAnswer("text/plain") } } },
    "/": { get: { summary: "The review page", responses: { 200: textAnswer("text/html") } } },
    "/status": {
      get: { summary: "A plain page, without scripts", responses: { 200: textAnswer("text/html") } },
    },
    "/api/openapi.json": {
      get: {
        summary: "This document",
        responses: {
          200: { description: "Done", content: { "application/json": { schema: { type: "object" } } } },
        },
      },
    },
  };
  for (const route of API_ROUTES)
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return {
    openapi: "3.1.0",
    info: { title: "Parallax admin API", version: "1" },
    paths,
    security: [{ bearer: [] }, { basic: [] }, {}],
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
      },
    },
  };
}
