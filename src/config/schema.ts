// The one schema of the config file. Unknown keys are errors; everything but the legacy's URL has a default.
// Plain data in, plain data out: what needs files, the environment or other keys is in load and cross-checks.
import * as z from "zod";
import { ROUTE_SLOTS } from "../core/counters.ts";
import { DETECTORS } from "../core/snapshot.ts";
import { admin } from "./schema-admin.ts";
import { replay } from "./schema-replay.ts";
import { rollout } from "./schema-rollout.ts";
import { compare, contract, mirror, routeSchema } from "./schema-routes.ts";
import { rules } from "./schema-rules.ts";
import {
  address,
  bytes,
  count,
  endpointTemplate,
  filePath,
  flag,
  headerName,
  hostHeader,
  hostName,
  integer,
  KiB,
  listOf,
  MiB,
  milliseconds,
  mirroredMethod,
  NAMES_MAX,
  network,
  oneOf,
  percent,
  pointer,
  queryParameterName,
  section,
  upstreamUrl,
} from "./values.ts";

/** One slot is `*other*`. */
export const ROUTES_MAX = ROUTE_SLOTS - 1;
const THREADS_MAX = 64;

const listenTls = z
  .strictObject(
    {
      certFile: filePath.describe("PEM file with the certificate and its chain."),
      keyFile: filePath.describe("PEM file with the private key."),
    },
    section,
  )
  .describe("TLS towards clients. Without it the listener speaks plain HTTP.");

const data = z
  .strictObject(
    {
      dir: filePath.default("./data").describe("Directory of the store; made when it is missing."),
      samplesPerSignature: count(0, 1000)
        .default(20)
        .describe("Newest exchanges kept per signature; 0 keeps none."),
      sampleBytesMax: bytes(1 * KiB, 64 * MiB)
        .default(4 * MiB)
        .describe("One stored exchange; bodies of a larger one are cut."),
      samplesBytesMax: bytes(1 * MiB, 1024 * 1024 * MiB)
        .default(512 * MiB)
        .describe("All stored exchanges; past it the oldest go."),
      sampleAgeDaysMax: integer(1, 3650, "of days").default(14).describe("Older exchanges are deleted."),
      trendDaysMax: integer(1, 3650, "of days")
        .default(400)
        .describe("Sums over time are kept for so long; minutes for 6 hours, hours for 14 days."),
      auditDaysMax: integer(1, 3650, "of days")
        .default(730)
        .describe("Older entries of the audit log are deleted; comments stay with their signature."),
    },
    section,
  )
  .prefault({})
  .describe("The embedded store.");

/** On the number too: the union alone would let a number's own text through. */
const SERVING = { error: `auto, or a whole number of threads from 1 to ${THREADS_MAX}` };

const threads = z
  .strictObject(
    {
      serving: z
        .union([z.literal("auto"), z.int(SERVING).min(1, SERVING).max(THREADS_MAX, SERVING)], SERVING)
        .default("auto")
        .describe("Threads that serve clients. auto: one less than the processors, 1 to 8."),
      shadow: integer(1, THREADS_MAX, "of threads").default(1).describe("Threads that mirror and judge."),
    },
    section,
  )
  .prefault({})
  .describe("How many threads of each kind.");

const upstreamTls = z
  .strictObject(
    {
      caFile: filePath.optional().describe("PEM file of further certificate authorities."),
      servername: hostName
        .optional()
        .describe("Name that is asked for (SNI) and checked; default: the URL's host."),
      verify: flag.default(true).describe("Check the certificate. false is for tests alone."),
    },
    section,
  )
  .describe("TLS towards an https:// upstream.");

function upstream(hostHeaderDefault: "preserve" | "url", what: string) {
  return z
    .strictObject(
      {
        url: upstreamUrl.describe("Scheme, host and port; no path."),
        hostHeader: hostHeader
          .default(hostHeaderDefault)
          .describe("Host header it gets: preserve (the client's own), url (the URL's), or a host."),
        connectionsMax: count(1, 65_535).default(256).describe("Connections per serving or shadow thread."),
        queueMax: count(0, 1_000_000)
          .default(1024)
          .describe("Requests that may wait for a connection; one more is answered 503."),
        connectTimeoutMs: milliseconds().default(2000).describe("Name resolution, TCP and TLS together."),
        firstByteTimeoutMs: milliseconds()
          .default(30_000)
          .describe("From the request's last byte to the answer's first."),
        bodyIdleTimeoutMs: milliseconds().default(30_000).describe("Longest pause inside an answer."),
        idleTimeoutMs: milliseconds()
          .default(4000)
          .describe(
            "An idle connection is closed after this; keep it below the upstream's own limit (Node.js: 5 s).",
          ),
        tls: upstreamTls.optional(),
      },
      section,
    )
    .describe(what);
}

const upstreams = z
  .strictObject(
    {
      legacy: upstream("preserve", "The service that every client is served by.").optional(),
      candidate: upstream(
        "url",
        "The service that is compared with it. Without one, nothing is mirrored.",
      ).optional(),
      baseline: upstream("preserve", "A second legacy instance, to measure noise.").optional(),
    },
    section,
  )
  .prefault({})
  .describe("The services behind Parallax.");

const limits = z
  .strictObject(
    {
      headBytesMax: bytes(1 * KiB, 1 * MiB)
        .default(32 * KiB)
        .describe("A request's or answer's head; past it 431, or 502."),
      targetBytesMax: bytes(64, 1 * MiB)
        .default(8 * KiB)
        .describe("A request target; past it 414."),
      headerLinesMax: count(1, 4096).default(128).describe("Header lines of one head; past it 431, or 502."),
      clientConnectionsMax: count(1, 1_000_000)
        .default(10_000)
        .describe("Client connections per serving thread; past it 503."),
      captureBytesMax: bytes(0, 64 * 1024 * MiB)
        .default(64 * MiB)
        .describe(
          "Bytes kept for mirrors per serving thread; past it exchanges are skipped (capture-budget).",
        ),
      endpointsMax: count(1, 100_000)
        .default(2000)
        .describe("Endpoints kept apart; the rest count as *other*."),
      signaturesPerEndpointMax: count(1, 10_000)
        .default(200)
        .describe("Signatures kept apart per endpoint; the rest count as *other*."),
    },
    section,
  )
  .prefault({})
  .describe("Limits of the serving path and of what is kept apart.");

const timeouts = z
  .strictObject(
    {
      headMs: milliseconds()
        .default(10_000)
        .describe("A request head must be there within this; past it 408."),
      idleMs: milliseconds().default(60_000).describe("An idle client connection is closed after this."),
      bodyIdleMs: milliseconds()
        .default(30_000)
        .describe("Longest pause inside a request body; past it 408."),
      drainMs: milliseconds(0)
        .default(10_000)
        .describe("After SIGTERM, how long exchanges under way may take."),
    },
    section,
  )
  .prefault({})
  .describe("Time limits towards clients.");

const shadow = z
  .strictObject(
    {
      inFlightMax: count(1, 100_000)
        .default(1024)
        .describe("Mirrors under way per shadow thread; past it skipped (in-flight)."),
      inFlightBytesMax: bytes(0, 64 * 1024 * MiB)
        .default(64 * MiB)
        .describe("Bytes of exchanges under way per shadow thread; past it skipped (in-flight)."),
      breaker: z
        .strictObject(
          {
            failuresToOpen: count(1, 1_000_000).default(10).describe("Failures in a row that open it."),
            openMs: milliseconds()
              .default(5000)
              .describe("How long it stays open before one probe is let through."),
          },
          section,
        )
        .prefault({})
        .describe("Keeps mirrors away from a candidate that fails; they are skipped (breaker-open)."),
    },
    section,
  )
  .prefault({})
  .describe("The shadow threads.");

const seam = z
  .strictObject(
    {
      bytes: bytes(64 * KiB, 1024 * MiB)
        .default(16 * MiB)
        .describe("Ring between a serving thread and its shadow thread; a full one skips (seam-full)."),
    },
    section,
  )
  .prefault({})
  .describe("The ring between serving and shadow threads.");

const noise = z
  .strictObject(
    {
      baseline: oneOf(["off", "self", "upstream"])
        .optional()
        .describe(
          "Where second answers of the legacy come from: upstream (upstreams.baseline; the default where that is given), self (the legacy is asked once more), off (the default otherwise).",
        ),
      samplePercent: percent
        .default(5)
        .describe("Share of the mirrored GET, HEAD and OPTIONS that the baseline gets as well."),
      pathsPerEndpointMax: count(1, 10_000)
        .default(200)
        .describe("Places per endpoint whose noise is counted apart; the rest count as *other*."),
      recheck: z
        .strictObject(
          {
            samplePercent: percent
              .default(0)
              .describe("Share of the mismatches of GET, HEAD and OPTIONS that are read again."),
            delayMs: milliseconds().default(1000).describe("How long after the verdict both are read again."),
          },
          section,
        )
        .prefault({})
        .describe("A difference that is gone when both are read again is transient: counted apart."),
    },
    section,
  )
  .prefault({})
  .describe("What also differs between two answers of the legacy. Only safe methods are ever sent again.");

const redact = z
  .strictObject(
    {
      headers: listOf(headerName, NAMES_MAX)
        .default([])
        .describe("Further headers whose values are never stored; credentials and cookies never are."),
      pointers: listOf(pointer, NAMES_MAX)
        .default([])
        .describe("Body values that are never stored; * and ** as in rules."),
      queryParameters: listOf(queryParameterName, NAMES_MAX)
        .default([])
        .describe("Further query parameters whose values are never stored."),
      detectors: listOf(oneOf(DETECTORS), DETECTORS.length)
        .default([...DETECTORS])
        .describe("Secrets known by their looks that are never stored, wherever they stand; [] for none."),
    },
    section,
  )
  .prefault({})
  .describe("What is taken out before anything is stored or shown. It is compared before that.");

const RECORDED_METHODS = { error: "all, or a list of HTTP methods in upper case, such as [GET, POST]" };

const record = z
  .strictObject(
    {
      dir: filePath.optional().describe("Directory of the recordings; without it nothing is recorded."),
      samplePercent: percent.default(100).describe("Share of the exchanges that is recorded."),
      methods: z
        .union([z.literal("all"), listOf(mirroredMethod, NAMES_MAX)], RECORDED_METHODS)
        .optional()
        .describe(
          "Methods that are recorded, mirrored or not, or all; default: those that the route mirrors.",
        ),
      fileBytesMax: bytes(64 * KiB, 1024 * MiB)
        .default(64 * MiB)
        .describe("One file; past it the next one begins."),
      filesMax: count(1, 10_000).default(16).describe("Files kept; past it the oldest go."),
      compress: flag.default(true).describe("gzip."),
    },
    section,
  )
  .prefault({})
  .describe("Recorded traffic: requests and what the legacy answered, redacted, as NDJSON files.");

export const settingsSchema = z.strictObject(
  {
    listen: address.default("0.0.0.0:8080").describe("Where clients connect."),
    listenTls: listenTls.optional(),
    admin,
    data,
    threads,
    upstreams,
    limits,
    timeouts,
    shadow,
    seam,
    mirror,
    compare,
    noise,
    rules: rules.describe("Rules of every route."),
    rollout,
    contract: contract.describe("What the candidate's answers are held against, on every route."),
    routes: listOf(routeSchema, ROUTES_MAX)
      .default([])
      .describe("The most specific path takes the request. None given: one route `default` for everything."),
    endpoints: listOf(endpointTemplate, 10_000)
      .default([])
      .describe("Path templates that endpoints are named by, before the shape of segments is guessed."),
    redact,
    replay,
    record,
    trustedProxies: listOf(network, NAMES_MAX)
      .default([])
      .describe("Client networks whose X-Forwarded-* is believed and continued."),
    servedByHeader: flag.default(true).describe("x-parallax-served-by towards clients."),
    log: z
      .strictObject(
        {
          level: oneOf(["debug", "info", "warn", "error"])
            .default("info")
            .describe("Least severe level that is logged."),
        },
        section,
      )
      .prefault({})
      .describe("The log, JSON lines on standard error."),
  },
  { error: "a mapping of the keys in config/parallax.schema.json" },
);

/** A whole, valid config file, defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;
export type UpstreamConfig = NonNullable<Settings["upstreams"]["legacy"]>;

/** What an editor completes and checks a config file with. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(settingsSchema, { io: "input" });
  return {
    $schema,
    title: "Parallax config file",
    description: "Generated from src/config/schema.ts by `npm run schema`.",
    ...rest,
  };
}
