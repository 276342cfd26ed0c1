// An admin listener on a free loopback port, in front of a real store on a real file.
import { request as httpRequest } from "node:http";
import { onTestFinished } from "vitest";
import type { AdminDependencies } from "../../src/admin/dependencies.ts";
import type { AccessSettings } from "../../src/admin/identity.ts";
import type { Summary } from "../../src/admin/schemas.ts";
import { type AdminOptions, startAdminServer } from "../../src/admin/server.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { ROLES } from "../../src/core/role.ts";
import { type Rule, ruleIdOf } from "../../src/core/rule.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";
import type { RulePreview } from "../../src/review/preview.ts";
import { RuleBooks } from "../../src/review/rule-books.ts";
import { Refusals } from "../../src/telemetry/refusals.ts";
import { openStore, START_MS } from "../store/fixtures.ts";
import { MemoryRollout } from "./memory-rollout.ts";

export * from "../store/fixtures.ts";

export const OPEN: AccessSettings = { token: undefined, tokens: [], trustedProxy: undefined };
/** A token each for the roles, beside the shared one. */
export const ROLE_TOKENS = {
  viewer: "viewer-0123456789ab",
  reviewer: "reviewer-0123456789",
  operator: "operator-0123456789",
} as const;
export const ROLES_ACCESS: AccessSettings = {
  ...OPEN,
  tokens: ROLES.map((role) => ({ name: `the-${role}`, role, token: ROLE_TOKENS[role] })),
};

export const TOKEN = "0123456789abcdef-token";

export const SUMMARY: Omit<Summary, "store" | "signatures"> = {
  uptime: 12.5,
  epoch: 3,
  isKilled: false,
  upstreams: [],
  totals: {
    exchanges: 20,
    match: 12,
    mismatch: 4,
    incomparable: 1,
    skipped: { "seam-full": 2, killed: 0 },
    inFlight: 1,
    incomparableByReason: { overflow: 1 },
  },
  noise: { mismatches: 0, baseline: { paired: 0, failed: 0 }, rechecks: { gone: 0 } },
  threads: [
    {
      name: "serving-1",
      kind: "serving",
      state: "running",
      epoch: 3,
      restarts: 0,
      heartbeatAgeMs: 12,
      lastError: "exit <1>",
    },
  ],
};

const ETAG: Rule = { kind: "ignore", header: "etag" };
/** Two routes with rules, one of which both have; what else a snapshot holds is not looked at. */
const RULED = {
  routes: [
    {
      name: "users",
      stage: "shadow",
      compare: { rules: [{ kind: "ignore", path: "/items/*/at", owner: "me" }, ETAG] },
    },
    { name: "orders", stage: "shadow", compare: { rules: [ETAG] } },
    { name: "gone", stage: "off", compare: { rules: [{ kind: "ignore", path: "/gone" }] } },
  ],
} as unknown as Snapshot;
export const ETAG_ID = ruleIdOf(ETAG);

const NO_PREVIEW: RulePreview = {
  samples: 3,
  cannotTell: 1,
  matching: 0,
  differences: 0,
  hidden: 0,
  appeared: 0,
  wholly: [],
  partly: [],
  storedHidden: 0,
  examples: [],
  isComplete: true,
  isWithoutCustom: false,
};

export async function startAdmin(
  changes: Partial<AdminOptions> = {},
  dependencyChanges: Partial<AdminDependencies> = {},
) {
  const bench = openStore();
  const calls: string[] = [];
  const logged: { level: string; message: string }[] = [];
  const log = (level: string) => (_fields: unknown, message?: string) =>
    void logged.push({ level, message: message ?? "" });
  const books = new RuleBooks({ store: bench.store, clock: systemClock, compared: () => new Map() });
  books.begin(RULED);
  const refusals = new Refusals();
  const dependencies: AdminDependencies = {
    store: bench.store,
    clock: systemClock,
    refusals,
    stages: () => new Map([["users", "shadow"]]),
    inUse: () => ({ routes: [], overrideHeader: undefined, overridden: 0, requests: 0 }),
    metricsText: async () => "parallax_epoch 3\n",
    summary: () => SUMMARY,
    setKilled: async (isKilled, { who, role }, reason) => {
      calls.push(`kill ${isKilled} ${who}, ${role}${reason === undefined ? "" : `: ${reason}`}`);
      return { isKilled, epoch: SUMMARY.epoch, isDurable: true };
    },
    reload: async ({ who }) => {
      calls.push(`reload ${who}`);
      return { ok: true, epoch: 4 };
    },
    addRule: async (asked, { who }) => {
      calls.push(`add rule ${JSON.stringify(asked)} ${who}`);
      return { kind: "ok", id: ETAG_ID, epoch: 4 };
    },
    removeRule: async (id, { who }) => {
      calls.push(`remove rule ${id} ${who}`);
      return { kind: "ok", id, epoch: 4 };
    },
    rules: () => books.review(),
    previewRules: async (body) => {
      calls.push(`preview ${JSON.stringify(body)}`);
      return body.rules.length === 0
        ? { kind: "refused", problems: ["[0]: no", "[1]: no"] }
        : { kind: "ok", preview: NO_PREVIEW };
    },
    ruleSuggestions: async () => ({ kind: "ok", value: [] }),
    rollout: new MemoryRollout(),
    isReady: () => true,
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    ...dependencyChanges,
  };
  const started = await startAdminServer({
    host: "127.0.0.1",
    port: 0,
    access: OPEN,
    curlBase: "http://legacy.test",
    dependencies,
    ...changes,
  });
  if (started.kind === "failed") throw new Error(started.message);
  const { server } = started;
  onTestFinished(() => server.close());
  return {
    ...bench,
    server,
    refusals,
    calls,
    adminLogged: logged,
    base: `http://127.0.0.1:${server.port}`,
    port: server.port,
  };
}

/** Both its times stand until they are moved. */
export function movableClock(): Clock & { advance(ms: number): void } {
  let passedMs = 0;
  return {
    nowMs: () => START_MS + passedMs,
    monotonicMs: () => passedMs,
    advance: (ms) => {
      passedMs += ms;
    },
  };
}

/** The data of the next event of that name; then the connection is closed. */
export async function eventIn(response: Response, name: string): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const wanted = new RegExp(`^event: ${name}\\ndata: (.*)\\n\\n`, "m");
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const found = wanted.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`the events ended without one called ${name}: ${text}`);
}

/** fetch does not let a caller set Host and Origin; a stranger's program does. */
export function send(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {}, body } = options;
    const request = httpRequest(
      { host: "127.0.0.1", port, path, method, headers, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
