// What a route says: its match, its stage, how it is mirrored and compared; its rules are in schema-rules.ts.
// A part of the one schema. Each key of mirror and compare is written once; a route overrides it, the global section
// gives it a default.
import * as z from "zod";
import { adapters } from "./schema-adapters.ts";
import { deprecation } from "./schema-deprecation.ts";
import { routeRollout } from "./schema-rollout.ts";
import { rules } from "./schema-rules.ts";
import {
  bytes,
  count,
  filePath,
  headerName,
  headerValue,
  hostHeader,
  hostName,
  KiB,
  listOf,
  MiB,
  method,
  milliseconds,
  mirroredMethod,
  NAMES_MAX,
  note,
  oneOf,
  pathPrefix,
  pathTemplate,
  percent,
  routeName,
  section,
  shadowHeaderName,
} from "./values.ts";

const setHeaders = z.record(shadowHeaderName, headerValue, {
  error: "header names with their values (a mapping)",
});

/** Without defaults: what a route may override. */
const mirrorKeys = z.strictObject(
  {
    methods: listOf(mirroredMethod, NAMES_MAX).describe(
      "Methods that are mirrored. A write is then sent twice.",
    ),
    samplePercent: percent.describe("Share of the exchanges that is mirrored, at random."),
    requestBytesMax: bytes(0, 256 * MiB).describe(
      "Larger request bodies are not mirrored (request-overflow).",
    ),
    answerBytesMax: bytes(0, 256 * MiB).describe(
      "Larger answers, of either side, are incomparable (overflow).",
    ),
    deadlineMs: milliseconds().describe(
      "From admission until the candidate's whole answer; past it incomparable.",
    ),
    setHeaders: setHeaders.describe("Headers that are set on the shadow leg."),
    removeHeaders: listOf(shadowHeaderName, NAMES_MAX).describe(
      "Headers that are taken away on the shadow leg.",
    ),
    credentials: oneOf(["keep", "strip"]).describe("Authorization and Cookie on the shadow leg."),
    hostHeader: hostHeader.describe("Host on the shadow leg: preserve, url (the candidate's), or a host."),
    pathRewrite: z
      .strictObject(
        {
          from: pathPrefix.describe("Prefix of the client's target."),
          to: pathPrefix.describe("What stands in its place."),
        },
        section,
      )
      .optional()
      .describe("A target that begins with `from` begins with `to` on the shadow leg."),
  },
  section,
);

export const mirror = z
  .strictObject(
    {
      methods: mirrorKeys.shape.methods.default(["GET", "HEAD", "OPTIONS"]),
      samplePercent: mirrorKeys.shape.samplePercent.default(100),
      requestBytesMax: mirrorKeys.shape.requestBytesMax.default(1 * MiB),
      answerBytesMax: mirrorKeys.shape.answerBytesMax.default(1 * MiB),
      deadlineMs: mirrorKeys.shape.deadlineMs.default(5000),
      setHeaders: mirrorKeys.shape.setHeaders.default({}),
      removeHeaders: mirrorKeys.shape.removeHeaders.default([]),
      credentials: mirrorKeys.shape.credentials.default("keep"),
      hostHeader: mirrorKeys.shape.hostHeader.default("url"),
      pathRewrite: mirrorKeys.shape.pathRewrite,
    },
    section,
  )
  .prefault({})
  .describe("How exchanges are mirrored, unless a route says otherwise.");

/** Without defaults: what a route may override. */
const compareKeys = z.strictObject(
  {
    headers: listOf(headerName, NAMES_MAX).describe("Headers that are compared."),
    status: oneOf(["exact", "class"]).describe(
      "Status codes: exact, or by class (200 and 204 are the same).",
    ),
    decodedBytesMax: bytes(1 * KiB, 1024 * MiB).describe(
      "A body after Content-Encoding; past it incomparable (decoded-overflow).",
    ),
    depthMax: count(1, 1_000_000).describe("Nesting of a body; past it incomparable (depth)."),
    differencesMax: count(1, 100_000).describe(
      "Differences listed per exchange; the verdict says when there are more.",
    ),
    timeMsMax: milliseconds(1, 60_000).describe("Time to judge one exchange; past it incomparable (time)."),
  },
  section,
);

export const compare = z
  .strictObject(
    {
      headers: compareKeys.shape.headers.default(["content-type"]),
      status: compareKeys.shape.status.default("exact"),
      decodedBytesMax: compareKeys.shape.decodedBytesMax.default(8 * MiB),
      depthMax: compareKeys.shape.depthMax.default(10_000),
      differencesMax: compareKeys.shape.differencesMax.default(1000),
      timeMsMax: compareKeys.shape.timeMsMax.default(250),
    },
    section,
  )
  .prefault({})
  .describe("How answers are compared, unless a route says otherwise.");

export const contract = z
  .strictObject(
    {
      file: filePath.describe("OpenAPI 3.0 or 3.1 document, or JSON Schema; relative to this file's folder."),
      version: note.optional().describe("Its version, where it is not what info.version says."),
    },
    section,
  )
  .optional();

export const routeSchema = z.strictObject(
  {
    name: routeName.describe("Unique; counters and reports use it."),
    match: z
      .strictObject(
        {
          path: pathTemplate
            .default("/**")
            .describe("Literal segments, {name} or * for one, a last ** for any number."),
          methods: listOf(method, NAMES_MAX).default([]).describe("Empty: all."),
          hosts: listOf(hostName, NAMES_MAX).default([]).describe("Without port. Empty: all."),
        },
        section,
      )
      .describe("Which requests belong to the route."),
    stage: oneOf(["off", "shadow"])
      .default("shadow")
      .describe("Where it begins. off: legacy alone. shadow: mirrored and compared."),
    mirror: mirrorKeys.partial().prefault({}).describe("Overrides of mirror."),
    compare: compareKeys.partial().prefault({}).describe("Overrides of compare."),
    rules: rules.describe("Rules of this route; they come before the global ones."),
    contract: contract.describe("The contract of this route, in place of the global one."),
    rollout: routeRollout,
    deprecation: deprecation.describe("That the legacy goes, and when."),
    adapters: adapters.describe("What old clients of the new service get, and send."),
  },
  section,
);

export type RouteConfig = z.output<typeof routeSchema>;
