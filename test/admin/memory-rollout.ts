// A rollout desk in memory: steps, epochs, latch and journal as the real one has them, without threads, gates or files.
import type { JournalRead, RolloutChange, RolloutDesk } from "../../src/admin/rollout-desk.ts";
import type {
  ExplainAnswer,
  JournalEntryAnswer,
  PlanAnswer,
  RolloutAction,
  RolloutActionBody,
  RolloutRouteAnswer,
} from "../../src/admin/rollout-schemas.ts";
import type { GateReading } from "../../src/rollout/gate/reading.ts";
import type { Actor } from "../../src/store/review-store.ts";
import { START_MS } from "../store/fixtures.ts";

const HOUR_MS = 3_600_000;

const STEPS = [
  { stage: "off", percent: 0, step: "off" },
  { stage: "shadow", percent: 0, step: "shadow" },
  { stage: "canary", percent: 0, step: "canary" },
  { stage: "ramp", percent: 1, step: "ramp 1 %" },
  { stage: "ramp", percent: 5, step: "ramp 5 %" },
  { stage: "ramp", percent: 25, step: "ramp 25 %" },
  { stage: "live", percent: 100, step: "live" },
  { stage: "complete", percent: 100, step: "complete" },
] as const;

export const READING: GateReading = {
  verdict: "insufficient",
  atMs: START_MS + 2 * HOUR_MS,
  elapsedMs: 2 * HOUR_MS,
  checks: [
    {
      name: "pairs",
      subject: "",
      verdict: "insufficient",
      value: 1200,
      bound: null,
      threshold: 5000,
      samples: 1200,
      unit: "count",
      text: "1,200 of 5,000 pairs were seen",
    },
    {
      name: "mismatches",
      subject: "",
      verdict: "pass",
      value: 0.0002,
      bound: 0.0009,
      threshold: 0.001,
      samples: 4120,
      unit: "rate",
      text: "at most 0.09 % differ, 0.1 % may",
    },
    {
      name: "latency",
      subject: "",
      verdict: "pass",
      value: 1.04,
      bound: 1.11,
      threshold: 1.2,
      samples: 4120,
      unit: "ratio",
      text: "p99 is at most 1.11 times the legacy's",
    },
    {
      name: "kpi",
      subject: "orders\u001b[2J per minute",
      verdict: "unhealthy",
      value: null,
      bound: null,
      threshold: 10,
      samples: 0,
      unit: "number",
      text: "prometheus did not answer within 2000 ms",
    },
  ],
};

export function routeAnswer(changes: Partial<RolloutRouteAnswer> = {}): RolloutRouteAnswer {
  return {
    route: "users",
    stage: "ramp",
    percent: 5,
    step: "ramp 5 %",
    epoch: 12,
    isPaused: false,
    isKilled: false,
    latch: null,
    enteredAtMs: START_MS,
    clockAtMs: START_MS + 40,
    stragglers: [],
    shares: { units: 0.0501, requests: 0.072 },
    policy: "standard",
    advance: "approval",
    approvers: ["alice"],
    gate: READING,
    eta: { kind: "in", ms: 3 * HOUR_MS, text: "at this traffic, 25 % is certified in 3 h" },
    next: { stage: "ramp", percent: 25, step: "ramp 25 %", needsApproval: true },
    back: { stage: "ramp", percent: 1, step: "ramp 1 %" },
    steps: [1, 5, 25],
    deprecation: null,
    actions: [
      { action: "promote", isAllowed: false, why: "the gate says insufficient" },
      { action: "pause", isAllowed: true, why: "" },
      { action: "rollback", isAllowed: true, why: "" },
      { action: "kill", isAllowed: true, why: "" },
      { action: "resume", isAllowed: false, why: "it is not paused" },
      { action: "arm", isAllowed: false, why: "it is not latched" },
    ],
    warnings: [],
    ...changes,
  };
}

export function journalEntry(
  sequence: number,
  changes: Partial<JournalEntryAnswer> = {},
): JournalEntryAnswer {
  return {
    sequence,
    atMs: START_MS + sequence * 60_000,
    route: "users",
    action: "promote",
    who: "alice",
    reason: "the gate passed",
    from: "ramp 1 %",
    to: "ramp 5 %",
    epoch: 10 + sequence,
    isForced: false,
    gate: null,
    ...changes,
  };
}

export const EXPLAINED: ExplainAnswer = {
  route: "users",
  stage: "ramp",
  percent: 5,
  step: "ramp 5 %",
  upstream: "candidate",
  reason: "percentage",
  rule: null,
  unit: { kind: "tenant", id: "acme", bucket: 123_456_789, threshold: 214_748_364.8, bucketPercent: 2.8744 },
  salt: "parallax",
  bucketingVersion: 1,
  epoch: 12,
  isFromJournal: false,
  text: "tenant acme is in bucket 123456789, below 214748364.8 (5 %): the candidate serves it",
  notes: [],
};

export class MemoryRollout implements RolloutDesk {
  readonly extended: { readonly route: string; readonly sunset: string; readonly reason: string }[] = [];
  readonly acted: string[] = [];
  readonly explained: unknown[] = [];
  entries: JournalEntryAnswer[];
  isJournalDown = false;
  isJournalUnreadable = false;
  #routes: RolloutRouteAnswer[];

  constructor(routes = [routeAnswer()], entries = [journalEntry(1)]) {
    this.#routes = routes;
    this.entries = entries;
  }

  routes(): readonly RolloutRouteAnswer[] {
    return this.#routes;
  }

  route(name: string): RolloutRouteAnswer | undefined {
    return this.#routes.find(({ route }) => route === name);
  }

  async act(
    name: string,
    asked: RolloutActionBody & { readonly action: RolloutAction },
    { who }: Actor,
  ): Promise<RolloutChange> {
    const before = this.route(name);
    if (before === undefined) return { kind: "unknown" };
    const { action, epoch, reason = "", force = false } = asked;
    this.acted.push(`${action} ${name} ${who}: ${reason}`);
    if (epoch !== undefined && epoch !== before.epoch)
      return {
        kind: "conflict",
        message: `bob was faster: ${name} is at ${before.step}, epoch ${before.epoch}`,
        route: before,
      };
    if (this.isJournalDown)
      return { kind: "failed", message: "the journal cannot be written (ENOSPC): nothing was done" };
    if (action === "promote" && before.latch !== null)
      return { kind: "refused", message: "it is latched: arm it first", problems: [] };
    if (action === "promote" && !force && before.gate?.verdict !== "pass")
      return {
        kind: "refused",
        message: "the gate says insufficient; pause, rollback and kill are allowed",
        problems: ["pairs: 1,200 of 5,000"],
      };
    const after = this.#after(before, asked);
    this.#routes = this.#routes.map((route) => (route === before ? after : route));
    const sequence = (this.entries[0]?.sequence ?? 0) + 1;
    const { step, epoch: next } = after;
    const told = { action, who, reason, from: before.step, to: step, epoch: next, isForced: force };
    this.entries = [journalEntry(sequence, { route: name, ...told }), ...this.entries];
    return { kind: "ok", route: after, epoch: after.epoch };
  }

  #after(
    before: RolloutRouteAnswer,
    { action, to }: RolloutActionBody & { readonly action: RolloutAction },
  ): RolloutRouteAnswer {
    const at = STEPS.findIndex(({ step }) => step === before.step);
    const named = STEPS.find(({ stage, percent }) => to === stage || Number(to) === percent);
    const moved = { ...before, epoch: before.epoch + 1 };
    const latch = { atMs: START_MS, who: "alice", reason: "why", from: before.step };
    switch (action) {
      case "promote":
        return { ...moved, ...(named ?? STEPS[at + 1]) };
      case "rollback":
        return { ...moved, ...(named ?? STEPS[at - 1]), latch };
      case "kill":
        return { ...moved, ...STEPS[0], isKilled: true, latch };
      case "arm":
        return { ...moved, ...(before.isKilled ? STEPS[1] : {}), isKilled: false, latch: null };
      default:
        return { ...moved, isPaused: action === "pause" };
    }
  }

  plan(name: string): PlanAnswer | undefined {
    const found = this.route(name);
    if (found === undefined) return undefined;
    const at = STEPS.findIndex(({ step }) => step === found.step);
    return {
      route: name,
      steps: STEPS.map((step, index) => ({
        ...step,
        isPast: index < at,
        isCurrent: index === at,
        needsApproval: index >= at,
        holdMs: HOUR_MS,
        pairsMin: 5000,
        unitsMin: 50,
        unitShare: step.percent / 100,
        requestShare: null,
        eta: index === at ? found.eta : null,
        gate: step.stage === "ramp" ? ["at least 5,000 pairs", "at most 0.1 % mismatches"] : [],
      })),
      blockers: found.latch === null ? [] : ["it is latched"],
    };
  }

  async extend(
    name: string,
    { sunset, reason }: Parameters<RolloutDesk["extend"]>[1],
  ): Promise<RolloutChange> {
    const found = this.route(name);
    if (found === undefined) return { kind: "unknown" };
    this.extended.push({ route: name, sunset, reason });
    return { kind: "ok", route: found, epoch: found.epoch };
  }

  async journal({
    route,
    before,
    limit,
    isSealed,
  }: Parameters<RolloutDesk["journal"]>[0]): Promise<JournalRead> {
    if (this.isJournalUnreadable) return { ok: false, message: "the journal cannot be read (EIO)" };
    const entries = this.entries
      .filter((entry) => route === undefined || entry.route === route)
      .filter(({ sequence }) => before === undefined || sequence < before)
      .slice(0, limit)
      .map((entry) => (isSealed ? { ...entry, sealed: `{"sequence":${entry.sequence}}` } : entry));
    return { ok: true, entries, head: { sequence: this.entries[0]?.sequence ?? 0, hash: "0".repeat(64) } };
  }

  async explain(asked: Parameters<RolloutDesk["explain"]>[0]): Promise<ExplainAnswer | undefined> {
    this.explained.push(asked);
    if (asked.route !== undefined && this.route(asked.route) === undefined) return undefined;
    if (asked.target === "/nowhere") return undefined;
    return { ...EXPLAINED, isFromJournal: asked.atMs !== undefined };
  }
}
