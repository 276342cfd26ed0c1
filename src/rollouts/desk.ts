// What the API says of rollouts, and does at the word of people (admin/rollout-desk): the controller in their words.
import type { JournalRead, RolloutChange, RolloutDesk } from "../admin/rollout-desk.ts";
import type {
  ExtendBody,
  JournalEntryAnswer,
  PlanAnswer,
  RolloutAction,
  RolloutActionBody,
  RolloutRouteAnswer,
} from "../admin/rollout-schemas.ts";
import type { RolloutJournal } from "../control/rollout-journal.ts";
import { assertNever } from "../core/assert.ts";
import { systemClock } from "../core/clock.ts";
import { brownoutAt, type DeprecationSettings, extensionProblem } from "../core/deprecation.ts";
import type { GateSettings } from "../core/gate-settings.ts";
import { actionsFor } from "../rollout/actions.ts";
import { type Acted, type AskedEvent, type RolloutController, waysOf } from "../rollout/controller.ts";
import { frozenUntil } from "../rollout/freeze.ts";
import { estimateStep } from "../rollout/gate/eta.ts";
import type { GateReading } from "../rollout/gate/reading.ts";
import { requestShareAt } from "../rollout/gate/step-evidence.ts";
import { type JournalEntry, lineOf } from "../rollout/journal.ts";
import type { RouteLife } from "../rollout/route-life.ts";
import { compareSteps, hasGate, type Step, stepFrom, stepText } from "../rollout/step.ts";
import type { Terms } from "../rollout/terms.ts";
import type { Actor } from "../store/review-store.ts";
import { gateLines } from "./gate-lines.ts";

export interface DeskParts {
  readonly controller: RolloutController;
  readonly journal: RolloutJournal;
  /** Threads that do not have the epoch yet. */
  readonly stragglers: (epoch: number) => readonly string[];
  readonly gateSettings: (route: string) => GateSettings | undefined;
  /** Of the route as it is in force: what was extended before is in it. */
  readonly deprecation: (route: string) => DeprecationSettings | undefined;
  readonly explain: RolloutDesk["explain"];
}

function standing(step: Step) {
  return { stage: step.stage, percent: step.basisPoints / 100, step: stepText(step) };
}

function warningsOf(
  life: RouteLife,
  terms: Terms,
  { stragglers, isUnwritten }: { readonly stragglers: readonly string[]; readonly isUnwritten: boolean },
): string[] {
  const { state } = life;
  const warnings: string[] = [];
  const frozen = frozenUntil(terms.freeze, terms.nowMs);
  if (frozen !== null)
    warnings.push(`Frozen until ${new Date(frozen.untilMs).toISOString()}: ${frozen.name}.`);
  if (!terms.hasCandidate) warnings.push("No candidate is configured.");
  if (!terms.hasUnits && state.at.stage !== "complete")
    warnings.push("No unit is configured (rollout.units): a percentage would move nobody.");
  if (stragglers.length > 0)
    warnings.push(`Not every thread has the decision yet: ${stragglers.join(", ")}.`);
  if (isUnwritten) warnings.push("The journal does not have the last change yet: it could not be written.");
  const unitMissing = life.served?.unitMissing ?? 0;
  if (unitMissing > 0) warnings.push(`${unitMissing} requests had no unit, and were the legacy's.`);
  return warnings;
}

/** Where the route stands may be no step of the config any more: a reload brought others. */
function withStep(steps: readonly Step[], at: Step): readonly Step[] {
  if (steps.some((step) => compareSteps(step, at) === 0)) return steps;
  return [...steps, at].sort(compareSteps);
}

function unitShareOf({ evidence }: RouteLife): number | null {
  const { legacy, candidate } = evidence.units.kept;
  return legacy + candidate === 0 ? null : candidate / (legacy + candidate);
}

function requestShareOf({ served }: RouteLife): number | null {
  if (served === undefined) return null;
  const total = served.requestsLegacy + served.requestsCandidate;
  return total === 0 ? null : served.requestsCandidate / total;
}

/** A business number is wanted high, or low, or between: its threshold alone does not say which. */
function directionOf(settings: GateSettings, kpi: string) {
  const { min, max } = settings.kpis.find(({ name }) => name === kpi) ?? {};
  if (min !== undefined && max !== undefined) return { direction: "between" } as const;
  if (min !== undefined) return { direction: "at-least" } as const;
  return max === undefined ? {} : ({ direction: "at-most" } as const);
}

function readingAnswer(
  reading: GateReading,
  settings: GateSettings,
): NonNullable<RolloutRouteAnswer["gate"]> {
  const checks = reading.checks.map((check) =>
    check.name === "kpi" ? { ...check, ...directionOf(settings, check.subject) } : check,
  );
  return { ...reading, checks };
}

function deprecationAnswer(
  deprecation: DeprecationSettings | undefined,
  nowMs: number,
): RolloutRouteAnswer["deprecation"] {
  if (deprecation === undefined) return null;
  const { atMs, sunsetMs, brownouts, brownoutStatus } = deprecation;
  const { isOn, untilMs } = brownoutAt(deprecation, nowMs);
  const brownout = { isOn, untilMs: Number.isFinite(untilMs) ? untilMs : null };
  return {
    atMs,
    sunsetMs: sunsetMs ?? null,
    brownoutStatus,
    brownout: brownouts.length === 0 ? null : brownout,
  };
}

function entryAnswer(entry: JournalEntry): JournalEntryAnswer {
  const { sequence, atMs, route, event, who, reason, from, to, epoch, isForced, gate } = entry;
  return {
    sequence,
    atMs,
    route,
    action: event,
    who,
    reason,
    from: stepText(from),
    to: stepText(to),
    epoch,
    isForced,
    gate,
  };
}

export class Desk implements RolloutDesk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  routes(who?: string): readonly RolloutRouteAnswer[] {
    return this.#parts.controller.lives().flatMap((life) => this.#answer(life, who) ?? []);
  }

  route(name: string, who?: string): RolloutRouteAnswer | undefined {
    const life = this.#parts.controller.life(name);
    return life && this.#answer(life, who);
  }

  #answer(life: RouteLife, who: string | undefined): RolloutRouteAnswer | undefined {
    const { controller, stragglers, gateSettings } = this.#parts;
    const { state } = life;
    const terms = controller.termsWith(life);
    const settings = gateSettings(life.route);
    if (terms === undefined || settings === undefined) return undefined;
    const { next, back } = waysOf(state, terms);
    const behind = stragglers(state.since);
    return {
      route: life.route,
      ...standing(state.at),
      epoch: state.since,
      isPaused: state.isPaused,
      isKilled: state.isKilled,
      latch: state.latch && { ...state.latch, from: stepText(state.latch.from) },
      enteredAtMs: state.enteredAtMs,
      clockAtMs: state.clockAtMs,
      stragglers: [...behind],
      shares: { units: unitShareOf(life), requests: requestShareOf(life) },
      policy: settings.policy,
      advance: terms.advance,
      approvers: [...terms.approvers],
      gate: life.reading && readingAnswer(life.reading, settings),
      eta: life.eta,
      next: next && { ...standing(next), needsApproval: terms.advance === "approval" },
      back: back && standing(back),
      steps: terms.steps.filter(({ stage }) => stage === "ramp").map(({ basisPoints }) => basisPoints / 100),
      actions: actionsFor(state, terms, who).map(({ action, isAllowed, why }) => ({
        action,
        isAllowed,
        why,
      })),
      deprecation: deprecationAnswer(this.#parts.deprecation(life.route), terms.nowMs),
      warnings: warningsOf(life, terms, {
        stragglers: behind,
        isUnwritten: controller.unwritten(life).length > 0,
      }),
    };
  }

  async act(
    name: string,
    asked: RolloutActionBody & { readonly action: RolloutAction },
    actor: Actor,
  ): Promise<RolloutChange> {
    const { controller } = this.#parts;
    const life = controller.life(name);
    const terms = life && controller.termsWith(life);
    if (life === undefined || terms === undefined) return { kind: "unknown" };
    const { action, reason = "", to: written, force = false, epoch } = asked;
    const to = written === undefined ? undefined : stepFrom(written, terms.steps);
    if (to?.ok === false) return { kind: "refused", message: to.message, problems: [] };
    const told = { who: actor.who, role: actor.role, reason };
    const event: AskedEvent =
      action === "promote"
        ? { ...told, kind: action, to: to?.step, isForced: force }
        : action === "rollback"
          ? { ...told, kind: action, to: to?.step }
          : { ...told, kind: action };
    const acted = await controller.act(name, event, epoch);
    return this.#changeOf(name, event, acted);
  }

  async extend(name: string, { sunset, reason, epoch }: ExtendBody, actor: Actor): Promise<RolloutChange> {
    const { controller, deprecation } = this.#parts;
    if (controller.life(name) === undefined) return { kind: "unknown" };
    const toMs = Date.parse(sunset);
    const problem = extensionProblem(deprecation(name), toMs, systemClock.nowMs());
    if (problem !== undefined) return { kind: "refused", message: problem, problems: [] };
    const event: AskedEvent = { kind: "extend", who: actor.who, role: actor.role, reason, toMs };
    return this.#changeOf(name, event, await controller.act(name, event, epoch));
  }

  #changeOf(name: string, asked: AskedEvent, acted: Acted): RolloutChange {
    const route = this.route(name, asked.who);
    if (acted.kind === "unknown" || route === undefined) return { kind: "unknown" };
    switch (acted.kind) {
      case "ok":
        return { kind: "ok", route, epoch: acted.epoch };
      case "refused": {
        const { message } = acted.refusal;
        // What was just refused is no way on, although another step or force could make it one.
        const others = acted.refusal.allowed.filter((kind) => kind !== asked.kind);
        const problems = others.length === 0 ? [] : [`allowed now: ${others.join(", ")}`];
        return { kind: "refused", message, problems };
      }
      case "conflict":
        return {
          kind: "conflict",
          message: `${this.#lastWho(name)} was faster: ${name} stands at ${route.step} since epoch ${route.epoch}`,
          route,
        };
      case "failed":
        return { kind: "failed", message: acted.message };
      default:
        return assertNever(acted);
    }
  }

  /** Of whoever moved the route last. */
  #lastWho(route: string): string {
    const asked = { route, before: undefined, limit: 10 };
    const moved = this.#parts.journal.recent(asked).find(({ event }) => event !== "acknowledged");
    return moved?.who ?? "somebody";
  }

  plan(name: string, who?: string): PlanAnswer | undefined {
    const { controller, gateSettings } = this.#parts;
    const life = controller.life(name);
    const terms = life && controller.termsWith(life);
    const settings = gateSettings(name);
    if (life === undefined || terms === undefined || settings === undefined) return undefined;
    const { at } = life.state;
    const later = estimateStep(life.evidence, settings, terms.nowMs);
    const promote = actionsFor(life.state, terms, who).find(({ action }) => action === "promote");
    return {
      route: name,
      // A canary with nobody in it is no step.
      steps: withStep(terms.steps, at)
        .filter((step) => step.stage !== "canary" || terms.hasCohorts || compareSteps(step, at) === 0)
        .map((step) => {
          const order = compareSteps(step, at);
          const requestShare =
            step.stage === "canary" ? null : requestShareAt(life.evidence, step.basisPoints);
          return {
            ...standing(step),
            isPast: order < 0,
            isCurrent: order === 0,
            needsApproval: terms.advance === "approval",
            holdMs: hasGate(step) ? settings.holdMs : 0,
            pairsMin: settings.pairsMin,
            unitsMin: settings.unitsMin,
            unitShare: step.stage === "canary" ? null : step.basisPoints / 10_000,
            requestShare,
            eta: order === 0 ? life.eta : order > 0 && hasGate(step) ? later : null,
            gate: gateLines(settings, step, requestShare),
          };
        }),
      blockers: promote?.why ? [promote.why] : [],
    };
  }

  async journal({ isSealed, ...asked }: Parameters<RolloutDesk["journal"]>[0]): Promise<JournalRead> {
    const { journal } = this.#parts;
    const page = await journal.page(asked);
    if (!page.ok) return page;
    const { sequence, hash } = journal;
    const answers = page.entries.map((entry) =>
      isSealed ? { ...entryAnswer(entry), sealed: lineOf(entry) } : entryAnswer(entry),
    );
    return { ok: true, entries: answers, head: { sequence, hash } };
  }

  explain(asked: Parameters<RolloutDesk["explain"]>[0]): ReturnType<RolloutDesk["explain"]> {
    return this.#parts.explain(asked);
  }
}
