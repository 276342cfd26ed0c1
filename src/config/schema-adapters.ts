// What the config says of adapters: operations on requests of old clients, and on answers for them. A part of the
// one schema; paths are those of the rules.
import * as z from "zod";
import { condition } from "./schema-rollout.ts";
import { jsonValue, pointerOf, rulePath } from "./schema-rules.ts";
import {
  bytes,
  count,
  headerValue,
  KiB,
  listOf,
  MiB,
  oneOf,
  queryParameterName,
  section,
  shadowHeaderName,
  text,
} from "./values.ts";

const OPERATIONS_MAX = 100;
const CONDITIONS_MAX = 16;
const VALUE_CHARACTERS_MAX = 4096;
/** Said by Parallax, or bound to the bytes of the body as they are. */
const OWN_HEADERS: readonly string[] = [
  "content-encoding",
  "content-range",
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
];

const segmentsOf = (pointer: string) => pointer.split("/").slice(1);
const isStar = (segment: string | undefined) => segment === "*" || segment === "**";

const memberPath = rulePath((pointer) =>
  pointer === "" ? "the path of a member: the root has no name, and always is there" : undefined,
);
const namedPath = rulePath((pointer) =>
  pointer === "" || isStar(segmentsOf(pointer).at(-1))
    ? "a path that ends with the name of a member, such as /items/*/price"
    : undefined,
);
const placePath = rulePath((pointer) => {
  if (segmentsOf(pointer).includes("**"))
    return "a path without **: the two places must be told apart; * is one segment";
  return pointer === "" || isStar(segmentsOf(pointer).at(-1))
    ? "a path that ends with the name of a member, such as /address/city"
    : undefined;
});
const memberName = text("a name of 1 to 256 characters", (value) => value.length >= 1 && value.length <= 256);
const adaptedHeader = shadowHeaderName.refine((name) => !OWN_HEADERS.includes(name.toLowerCase()), {
  error: "another header; Parallax says this one itself, or the body's bytes are bound to it",
});

const STATUS_ERROR =
  "a status code from 200 to 599 but 204, 205, 206 and 304, which say how a body is framed";
const isFree = (status: number) => ![204, 205, 206, 304].includes(status);
const status = count(200, 599).refine(isFree, { error: STATUS_ERROR });

const kind = <const K extends string>(name: K) =>
  z.literal(name).describe("What is done; docs/adapters.md has a paragraph for each.");
const target = {
  header: adaptedHeader.optional().describe("Name of a header, in place of path."),
  query: queryParameterName.optional().describe("Name of a query parameter, in place of path."),
};
const ONE_TARGET = { error: "exactly one of path, header, query" };

type Targets = { readonly path?: unknown; readonly header?: unknown; readonly query?: unknown };
const hasOneTarget = ({ path, header, query }: Targets) =>
  [path, header, query].filter((part) => part !== undefined).length === 1;

const valued = <const K extends "default" | "constant">(name: K) =>
  z
    .strictObject(
      {
        kind: kind(name),
        path: (name === "default" ? namedPath : memberPath).optional(),
        ...target,
        value: jsonValue.describe("Any JSON value; of a header or query parameter a text."),
      },
      section,
    )
    .refine(hasOneTarget, ONE_TARGET)
    .refine(({ header, value }) => header === undefined || headerValue.safeParse(value).success, {
      error: "a header's value: printable ASCII, numbers and true/false in quotes",
      path: ["value"],
    })
    .refine(
      ({ query, value }) =>
        query === undefined || (typeof value === "string" && value.length <= VALUE_CHARACTERS_MAX),
      { error: `a text of at most ${VALUE_CHARACTERS_MAX} characters`, path: ["value"] },
    );

const rename = z
  .strictObject(
    {
      kind: kind("rename"),
      path: namedPath
        .optional()
        .describe("Pointer into the body; * is one segment, ** any number. Or JSONPath."),
      ...target,
      to: memberName.describe("rename: the new name alone. move: the new place, with as many * as from."),
    },
    section,
  )
  .refine(hasOneTarget, ONE_TARGET)
  .refine(({ header, to }) => header === undefined || adaptedHeader.safeParse(to).success, {
    error: "the name of a header that an adapter may set",
    path: ["to"],
  })
  .refine(
    ({ path, header, query, to }) =>
      to !== query &&
      to.toLowerCase() !== header?.toLowerCase() &&
      (path === undefined ||
        to !== segmentsOf(pointerOf(path)).at(-1)?.replaceAll("~1", "/").replaceAll("~0", "~")),
    { error: "another name than it has", path: ["to"] },
  );

const stars = (path: string) => segmentsOf(pointerOf(path)).filter((segment) => segment === "*").length;
const isBelow = (path: string, above: string) => `${pointerOf(path)}/`.startsWith(`${pointerOf(above)}/`);

const move = z
  .strictObject(
    {
      kind: kind("move"),
      from: placePath.describe("move: where the member is. status: a code, or a class such as 4xx."),
      to: placePath.describe("Where it goes; objects that are not there are made."),
    },
    section,
  )
  .refine(({ from, to }) => stars(from) === stars(to), {
    error: "as many * in to as in from: the nth stands for the same segment",
    path: ["to"],
  })
  .refine(({ from, to }) => !isBelow(to, from), {
    error: "another place than from, and not one inside of it",
    path: ["to"],
  });

const remove = z
  .strictObject({ kind: kind("remove"), path: memberPath.optional(), ...target }, section)
  .refine(hasOneTarget, ONE_TARGET);

const statusChange = z
  .strictObject(
    {
      kind: kind("status"),
      from: z.union([status, oneOf(["2xx", "3xx", "4xx", "5xx"])], {
        error: `${STATUS_ERROR}; or a class: 2xx, 3xx, 4xx, 5xx`,
      }),
      to: status,
    },
    section,
  )
  .refine(({ from, to }) => from !== to, { error: "another status than from", path: ["to"] });

const kinds = ["rename", "move", "default", "remove", "constant"] as const;
const kindError = (names: readonly string[]) => ({
  error: ({ code }: { readonly code: string }) =>
    code === "invalid_union" ? `one of ${names.join(", ")}` : "an operation: a mapping with a kind",
});
const onRequest = z.discriminatedUnion(
  "kind",
  [rename, move, valued("default"), remove, valued("constant")],
  kindError(kinds),
);
const onAnswer = z
  .discriminatedUnion(
    "kind",
    [rename, move, valued("default"), remove, valued("constant"), statusChange],
    kindError([...kinds, "status"]),
  )
  .refine((operation) => !("query" in operation) || operation.query === undefined, {
    error: "path or header: an answer has no query parameters",
    path: ["query"],
  });

export const adapters = z
  .strictObject(
    {
      request: listOf(onRequest, OPERATIONS_MAX)
        .default([])
        .describe("Done one after the other, before the candidate gets the request."),
      response: listOf(onAnswer, OPERATIONS_MAX)
        .default([])
        .describe("Done one after the other, before the client gets the candidate's answer."),
      bodyBytesMax: bytes(1 * KiB, 16 * MiB)
        .default(1 * MiB)
        .describe("Of a body that is adapted, as it comes and as it goes."),
      onFailure: oneOf(["fail", "pass"])
        .default("fail")
        .describe(
          "A body that cannot be adapted: the legacy's answer or adapter-failed; or it goes as it came.",
        ),
      when: listOf(condition, CONDITIONS_MAX)
        .default([])
        .describe("Whose requests: all conditions hold. Without any, everybody's."),
    },
    section,
  )
  .refine(({ request, response }) => request.length + response.length > 0, {
    error: "at least one operation in request or response",
  })
  .optional();

export type AdaptersConfig = NonNullable<z.output<typeof adapters>>;
export type OperationConfig = AdaptersConfig["response"][number] | AdaptersConfig["request"][number];
