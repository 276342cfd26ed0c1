// The admin listener: health, metrics, the status page and the API, on a port of its own.
// Invariant: every answer passes the guards below in the order they are listed, and carries the same headers.
// Must not: show a stack, a version, or anything of the traffic to whom `access.ts` does not let through.
import type { AddressInfo } from "node:net";
import { createAdaptorServer, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { checkAdminExposure } from "./access.ts";
import { API_ROUTES } from "./api.ts";
import type { ApiRoute } from "./api-route.ts";
import type { AdminDependencies } from "./dependencies.ts";
import {
  type AdminContext,
  type AdminEnv,
  guardAccess,
  guardBody,
  guardOrigin,
  guardRole,
  refuse,
} from "./guards.ts";
import type { AccessSettings } from "./identity.ts";
import { LineStreams } from "./line-streams.ts";
import { type Change, LiveEvents } from "./live-events.ts";
import { EVENT_STREAM, NDJSON, openApiDocument } from "./openapi.ts";
import { PAGE_PATHS, PAGE_POLICY, type PageFile, readPage } from "./page.ts";
import { endpointAnswer, signatureAnswer } from "./rows.ts";
import type { Summary } from "./schemas.ts";
import { SignatureCounts } from "./signature-counts.ts";
import { renderStatusPage, STYLE_HASH } from "./status-page.ts";

const CONNECTIONS_MAX = 256;
const HEAD_BYTES_MAX = 16 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
/** How often connections are held against it; the runtime's own half minute would let a slow one stay for 40 s. */
const TIMEOUT_CHECK_MS = 1_000;
/** What an answer under way may take when the listener closes; then it is cut, and requests never finished too. */
const CLOSE_MS_MAX = 1_000;
/** Those beside the API's. */
const PLAIN_PATHS = [
  "/healthz",
  "/readyz",
  "/metrics",
  "/status",
  "/assets/:name",
  "/api/openapi.json",
  ...PAGE_PATHS,
] as const;
const PAGE_ROWS = 20;
const PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

const SECURITY_HEADERS = {
  "content-security-policy": `default-src 'none'; style-src '${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

export interface AdminOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly access: AccessSettings;
  /** Where curl lines of stored exchanges go, e.g. the legacy's URL, without a slash at the end. */
  readonly curlBase: string;
  readonly dependencies: AdminDependencies;
  /** How long an export waits for a client that takes nothing; STALL_MS_MAX unless given. */
  readonly stallMsMax?: number | undefined;
  /** How often who listens gets the summary; SUMMARY_EVERY_MS unless given. */
  readonly summaryEveryMs?: number | undefined;
}

export interface AdminServer {
  readonly host: string;
  readonly port: number;
  /** Tells who listens that something is not as it was. */
  changed(what: Change): void;
  /** Stops listening, ends idle connections, and resolves when the last one is closed. */
  close(): Promise<void>;
}

export type StartedAdmin =
  | { readonly kind: "listening"; readonly server: AdminServer }
  /** Exit code 2 for a refused exposure, 3 for an address that cannot be bound. */
  | { readonly kind: "failed"; readonly exitCode: 2 | 3; readonly message: string };

/** The paths whose routes take a body. */
const BODY_PATHS: ReadonlySet<string> = new Set(
  API_ROUTES.filter(({ body }) => body !== undefined).map(({ path }) => path),
);

/** JSON alone: a form of another site cannot send that without asking first. */
function hasJsonType(context: AdminContext): boolean {
  const type = context.req.header("content-type") ?? "";
  return /^application\/json *(;|$)/i.test(type);
}

/** What the handlers of one listener share. */
interface Handling {
  readonly options: AdminOptions;
  readonly streams: LineStreams;
  readonly events: LiveEvents;
  readonly summary: () => Promise<Summary>;
  readonly changed: (what: Change) => void;
}

/** One value, or all of a parameter that comes several times. An empty one is unset: forms and hand-written links send them. */
function queryOf(context: AdminContext): Record<string, string | readonly string[]> {
  const given = Object.entries(context.req.queries()).map(([name, values]) => {
    const set = values.filter((value) => value !== "");
    return [name, set.length === 1 ? (set[0] as string) : set] as const;
  });
  return Object.fromEntries(given.filter(([, value]) => value.length > 0));
}

function apiHandler(route: ApiRoute, { options, streams, events, summary, changed }: Handling) {
  return async (context: AdminContext) => {
    const isBodyNeeded = route.body !== undefined && route.isBodyOptional !== true;
    const bodyText = route.body === undefined ? "" : await context.req.text();
    if ((isBodyNeeded || bodyText !== "") && !hasJsonType(context))
      return refuse(context, 415, "not-json", "send the body with Content-Type: application/json");
    const { dependencies, curlBase } = options;
    const id = context.req.param("id") ?? "";
    if (route.streams === "lines" && streams.isFull)
      return refuse(
        context,
        503,
        "export-busy",
        "as many exports as can be are under way; try again in a while",
      );
    if (route.streams === "events") return eventsResponse(context, events);
    const input = { dependencies, curlBase, id, actor: context.get("actor"), summary, changed };
    const answer = await route.run({ query: queryOf(context), bodyText }, input);
    if ("lines" in answer) return linesResponse(context, answer.lines, streams);
    return context.body(JSON.stringify(answer.body), answer.status, { "content-type": "application/json" });
  };
}

function eventsResponse(context: AdminContext, events: LiveEvents) {
  if (events.isFull)
    return refuse(context, 503, "events-busy", "as many listen as can be; ask /api/summary now and then");
  // The connection is of no further use: the end of the listener is not held up by it. And nginx in front would
  // keep events back until it has a buffer full: the page would look stale for minutes.
  const headers = { "content-type": EVENT_STREAM, connection: "close", "x-accel-buffering": "no" };
  const { outgoing } = context.env;
  if (context.req.method === "HEAD") return context.body(null, 200, headers);
  return context.body(
    events.open(() => outgoing.destroy()),
    200,
    headers,
  );
}

/** Hono asks for HEAD as for GET, and drops the body: then nobody would read the lines. */
async function linesResponse(context: AdminContext, lines: AsyncGenerator<string>, streams: LineStreams) {
  const headers = { "content-type": NDJSON, "content-disposition": 'attachment; filename="parallax.ndjson"' };
  const { outgoing } = context.env;
  if (context.req.method !== "HEAD")
    return context.body(
      streams.open(lines, () => outgoing.destroy()),
      200,
      headers,
    );
  await lines.return(undefined);
  return context.body(null, 200, headers);
}

function pathPattern(route: ApiRoute): string {
  return route.path.replace("{id}", ":id");
}

/** Per path, for Allow. Hono answers HEAD wherever it answers GET. */
function allowedMethods(): ReadonlyMap<string, readonly string[]> {
  const allowed = new Map<string, string[]>(PLAIN_PATHS.map((path) => [path, ["GET", "HEAD"]]));
  for (const route of API_ROUTES) {
    const methods = route.method === "get" ? ["GET", "HEAD"] : [route.method.toUpperCase()];
    allowed.set(pathPattern(route), [...(allowed.get(pathPattern(route)) ?? []), ...methods]);
  }
  return allowed;
}

/** The application without a listener, and how it tells of changes. */
export function createAdminApp(options: AdminOptions): {
  readonly app: Hono<AdminEnv>;
  readonly events: LiveEvents;
  readonly changed: (what: Change) => void;
} {
  const { dependencies } = options;
  const counts = new SignatureCounts(dependencies.store, dependencies.clock);
  const summary = () => summaryOf(dependencies, counts);
  const events = new LiveEvents({ summary, log: dependencies.log, everyMs: options.summaryEveryMs });
  const changed = (what: Change) => {
    counts.forget();
    events.changed(what);
  };
  const streams = new LineStreams({
    log: dependencies.log,
    ...(options.stallMsMax === undefined ? {} : { stallMsMax: options.stallMsMax }),
  });
  const app = new Hono<AdminEnv>();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
    await next();
  });
  // Open to all: they tell a probe one word, and nothing of the traffic.
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", (context) =>
    dependencies.isReady() ? context.json({ status: "ok" }) : context.json({ status: "starting" }, 503),
  );
  app.use(guardAccess(options, dependencies));
  app.use(guardOrigin(dependencies));
  app.use(guardBody(BODY_PATHS));
  app.get("/metrics", async (context) =>
    context.body(await dependencies.metricsText(), 200, { "content-type": PROMETHEUS_TEXT }),
  );
  app.get("/status", async (context) => context.html(await statusPage(dependencies, summary)));
  servePage(app, dependencies, summary);
  const document = openApiDocument();
  app.get("/api/openapi.json", (context) => context.json(document));
  for (const route of API_ROUTES)
    app.on(
      route.method.toUpperCase(),
      pathPattern(route),
      guardRole(route.role, dependencies),
      apiHandler(route, { options, streams, events, summary, changed }),
    );
  for (const [path, methods] of allowedMethods())
    app.all(path, (context) => {
      context.header("allow", methods.join(", "));
      return refuse(context, 405, "method-not-allowed", `only ${methods.join(", ")} here`);
    });
  app.notFound((context) => refuse(context, 404, "not-found", "nothing is here; see /api/openapi.json"));
  app.onError((error, context) => {
    // Hono's own refusals (a path that is not valid) are the client's fault, not ours.
    if (error instanceof HTTPException && error.status < 500)
      return refuse(context, 400, "bad-request", "the request is not valid");
    // Who leaves in the middle of a body gets no answer, and is no failure of ours.
    if (context.env.incoming.errored !== null)
      return refuse(context, 400, "bad-request", "the request is not whole");
    dependencies.log.error(
      { err: error, method: context.req.method, path: context.req.path },
      "admin request failed",
    );
    return refuse(context, 500, "internal", "an unexpected failure; the log has it");
  });
  return { app, events, changed };
}

async function summaryOf(
  { summary, store }: Pick<AdminDependencies, "summary" | "store">,
  counts: SignatureCounts,
): Promise<Summary> {
  return { ...summary(), signatures: await counts.current(), store: store.health() };
}

function fileResponse(context: AdminContext, { bytes, type }: PageFile) {
  return context.body(bytes, 200, { "content-type": type });
}

/** Without a built page its first address shows the plain one. */
function servePage(
  app: Hono<AdminEnv>,
  dependencies: AdminDependencies,
  summary: () => Promise<Summary>,
): void {
  const page = readPage();
  if (page === undefined) {
    app.get("/", async (context) => context.html(await statusPage(dependencies, summary)));
    return;
  }
  app.get("/assets/:name", (context) => {
    const file = page.assets.get(context.req.path);
    if (file === undefined) return refuse(context, 404, "not-found", "the page has no such file");
    // Its name changes with what is in it.
    context.header("cache-control", "private, max-age=31536000, immutable");
    return fileResponse(context, file);
  });
  for (const path of PAGE_PATHS)
    app.get(path, (context) => {
      context.header("content-security-policy", PAGE_POLICY);
      return fileResponse(context, page.document);
    });
}

async function statusPage(dependencies: AdminDependencies, summary: () => Promise<Summary>): Promise<string> {
  const page = { limit: PAGE_ROWS, offset: 0 };
  const endpoints = await dependencies.store.endpoints({ ...page, sort: "mismatch" });
  const signatures = await dependencies.store.differences({ ...page, sort: "count" });
  return renderStatusPage({
    summary: await summary(),
    isReady: dependencies.isReady(),
    endpoints: endpoints.kind === "ok" ? endpoints.value.rows.map(endpointAnswer) : undefined,
    signatures: signatures.kind === "ok" ? signatures.value.rows.map(signatureAnswer) : undefined,
  });
}

/** Binds and listens. Never throws. */
export async function startAdminServer(options: AdminOptions): Promise<StartedAdmin> {
  const exposure = checkAdminExposure(options.host, options.access);
  if (exposure.kind === "refused") return { kind: "failed", exitCode: 2, message: exposure.message };
  const { app, changed, events } = createAdminApp(options);
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false, // the rest of the process keeps Node's own Request and Response
    serverOptions: {
      maxHeaderSize: HEAD_BYTES_MAX,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
  });
  if ("maxConnections" in server || "closeIdleConnections" in server) server.maxConnections = CONNECTIONS_MAX;
  const failure = await listen(server, options);
  if (failure !== undefined) return { kind: "failed", exitCode: 3, message: failure };
  const { address, port } = server.address() as AddressInfo;
  const close = () => {
    events.close();
    return closeServer(server);
  };
  return { kind: "listening", server: { host: address, port, changed, close } };
}

function listen(server: ServerType, { host, port }: AdminOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once("error", (error: Error & { code?: string }) =>
      resolve(
        `the admin listener cannot be bound to ${host}:${port} (${error.code ?? error.message}); free it, or choose another --admin`,
      ),
    );
    server.listen(port, host, () => resolve(undefined));
  });
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    // Once closed, a server no longer times out requests that are never finished.
    const timer = setTimeout(() => {
      if ("closeAllConnections" in server) server.closeAllConnections();
    }, CLOSE_MS_MAX);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  });
}
