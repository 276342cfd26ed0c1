// A shadow thread's work in this thread, towards real sockets: records go in, outcomes are read from its books.
import { onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { buildSnapshot, RouteSlots } from "../../src/config/snapshot.ts";
import type { VerdictBatch } from "../../src/core/batch.ts";
import { Counters } from "../../src/core/counters.ts";
import { DECISION_REASONS, type DecisionReason } from "../../src/core/decision.ts";
import type { RouteSettings, Snapshot } from "../../src/core/snapshot.ts";
import type { ExchangeRecord } from "../../src/seam/record.ts";
import { allocateRefusal, RefusalSign } from "../../src/seam/refusal.ts";
import { NO_MODULES } from "../../src/shadow/custom-modules.ts";
import { Shadow } from "../../src/shadow/shadow.ts";
import { Deadlines } from "../../src/wire/deadlines.ts";

/** The one route of two URLs has this slot. */
export const SLOT = 1;

/** `own` is laid over the one route's settings, its rollout over the rollout's; `over` over the snapshot. */
export function snapshotOf(
  urls: { readonly legacy: string; readonly candidate: string },
  own: { readonly stage?: RouteSettings["stage"]; readonly since?: number; readonly name?: string } & Partial<
    Pick<RouteSettings, "adapters" | "mirror" | "contract">
  > = {},
  over: Partial<Snapshot> = {},
): Snapshot {
  const loaded = loadConfig(urls, {});
  if (!loaded.ok) throw new Error("two URLs are a config");
  const parts = { epoch: 5, instanceId: "test", isKilled: false, slots: new RouteSlots() };
  const built = buildSnapshot(loaded.config, parts);
  const { since = 1, ...settings } = own;
  return {
    ...built,
    routes: built.routes.map((route) =>
      route.slot === SLOT ? { ...route, ...settings, rollout: { ...route.rollout, since } } : route,
    ),
    ...over,
  };
}

export interface Answered {
  readonly status?: number;
  readonly body?: string;
  /** Lines beside the content type. */
  readonly lines?: readonly string[];
}

/** An exchange as it comes from the seam. What served answered `answer`. */
export function recordOf(
  answer: Answered = {},
  over: Partial<Omit<ExchangeRecord, "decidedBy">> & {
    readonly decidedBy?: DecisionReason;
    readonly method?: string;
    readonly target?: string;
  } = {},
): ExchangeRecord {
  const { status = 200, body = '{"a":1}', lines = [] } = answer;
  const { method = "GET", target = "/things/1", decidedBy = "stage", ...facts } = over;
  const requestHead = Buffer.from(`${method} ${target} HTTP/1.1\r\nhost: a.test\r\ncookie: s=1\r\n\r\n`);
  const head = [`HTTP/1.1 ${status} X`, "content-type: application/json", ...lines];
  const answerHead = Buffer.from(`${head.join("\r\n")}\r\n\r\n`);
  const answerBody = Buffer.from(body);
  return {
    slot: SLOT,
    epoch: 5,
    sequence: 1,
    skip: -1,
    status,
    servedBy: "legacy",
    unit: -1,
    answerCapture: "complete",
    recordedRequest: undefined,
    startedAtMs: 1_000,
    latencyMs: 40,
    bytesTotal: requestHead.length + answerHead.length + answerBody.length,
    requestHead,
    requestBody: Buffer.alloc(0),
    answerHead,
    answerBody,
    isAdapted: false,
    ...facts,
    decidedBy: DECISION_REASONS.indexOf(decidedBy),
  };
}

export interface RunningShadow {
  readonly shadow: Shadow;
  readonly counters: Counters;
  readonly refusal: RefusalSign;
  readonly failures: readonly string[];
  /** Takes the records; resolves with what they came to once none is under way. */
  run(...records: readonly ExchangeRecord[]): Promise<VerdictBatch | undefined>;
}

export function startShadow(snapshot: Snapshot): RunningShadow {
  const counters = new Counters();
  const deadlines = new Deadlines();
  const refusal = new RefusalSign(allocateRefusal());
  const failures: string[] = [];
  let onIdle = (): void => undefined;
  const shadow = new Shadow(snapshot, {
    customModules: NO_MODULES,
    threadId: 7,
    counters,
    deadlines,
    refusal,
    random: () => 0,
    reportFailure: (code, detail) => failures.push(`${code} ${detail}`),
    onIdle: () => onIdle(),
  });
  onTestFinished(() => {
    shadow.apply({ ...snapshot, upstreams: { ...snapshot.upstreams, candidate: undefined } }, NO_MODULES);
    deadlines.stop();
  });
  let taken = 0;
  return {
    shadow,
    counters,
    refusal,
    failures,
    run: async (...records) => {
      const idle = new Promise<void>((resolve) => {
        onIdle = resolve;
      });
      for (const record of records) shadow.take(record, `x${++taken}`);
      if (!shadow.isIdle) await idle;
      return shadow.takeBatch();
    },
  };
}
