// Takes routes along their way: on the word of people, of their gates and of the tripwire. Clock, journal and whoever
// puts a decision in force are given to it. Invariant: what goes forwards is in the journal before it is in force;
// what goes back goes back although the journal cannot be written, and is written as soon as it can be.
import type { RolloutDelta } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import type { GateSettings, KpiSeen } from "../core/gate-settings.ts";
import type { ServedCounts } from "../core/served-counts.ts";
import { draftOf, restatedDraft } from "./drafts.ts";
import type { GateContext, GateReading } from "./gate/reading.ts";
import type { StepEvidence } from "./gate/step-evidence.ts";
import { gateNews, whyOf } from "./gate-news.ts";
import type { JournalDraft } from "./journal.ts";
import { Ledger } from "./ledger.ts";
import { nextStep } from "./promotion.ts";
import { RouteLife } from "./route-life.ts";
import { backStep, beginState, nextState } from "./state.ts";
import { hasGate, isServing, OFF, type Step, stepText } from "./step.ts";
import {
  type EventRole,
  GATE,
  type Refusal,
  type RolloutEvent,
  type RouteState,
  type Terms,
  TRIPWIRE,
} from "./terms.ts";

/** What the config says of a route's way. */
export interface RouteTerms extends Omit<Terms, "nowMs" | "gate" | "after" | "completeBlockers"> {
  readonly begin: "off" | "shadow";
  readonly after: readonly string[];
  readonly gateSettings: GateSettings;
}

/** An event before its epoch is known. */
export type AskedEvent = WithoutEpoch<RolloutEvent>;
type WithoutEpoch<Event> = Event extends RolloutEvent ? Omit<Event, "epoch" | "atMs"> : never;

export interface ControllerParts {
  readonly clock: Clock;
  /** The names of the config's routes, in their order. */
  readonly routes: () => readonly string[];
  readonly terms: (route: string) => RouteTerms | undefined;
  /** Durable when it resolves with undefined; else the reason why it is not written, as one line. */
  readonly append: (draft: JournalDraft) => Promise<string | undefined>;
  /**
   * One decision at a time: `write` gets the epoch to come and answers whether there is anything to put in force.
   * Resolves when every thread has it, or has had time enough.
   */
  readonly decide: (write: (epoch: number) => Promise<boolean>) => Promise<void>;
  /** Of the route, since the process began. */
  readonly served: (route: string) => ServedCounts;
  /** Threads that do not have the epoch yet. */
  readonly stragglers: (epoch: number) => readonly string[];
  /** Confirmed signatures of the route that nobody decided on; undefined: not known. */
  readonly confirmed: (route: string) => number | undefined;
  readonly kpis: (route: string, since: number) => readonly KpiSeen[];
  /** Why the legacy cannot go yet. */
  readonly completeBlockers: (route: string) => Promise<readonly string[]>;
  /** Lets whatever else waits for the thread have it. */
  readonly breathe: () => Promise<void>;
  readonly tell: (
    level: "info" | "warn" | "error",
    fields: Readonly<Record<string, unknown>>,
    text: string,
  ) => void;
}

export type Acted =
  | { readonly kind: "ok"; readonly epoch: number; readonly isWritten: boolean }
  | { readonly kind: "unknown" }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "conflict" }
  | { readonly kind: "failed"; readonly message: string };

/** The wall clock was set, or the machine slept: what runs apart more slowly adds up to as much, and is set right then. */
const CLOCK_JUMP_MS_MIN = 2_000;

/** What may be done although it cannot be written: it takes clients away from the candidate. */
const isBackwards = ({ kind }: { readonly kind: RolloutEvent["kind"] }): boolean =>
  kind === "rollback" || kind === "kill";

export class RolloutController {
  readonly #parts: ControllerParts;
  readonly #lives = new Map<string, RouteLife>();
  readonly #ledgers = new Map<string, Ledger>();
  /** As the journal has them; those of routes that the config does not have wait here. */
  readonly #journalled: Map<string, RouteState>;
  /** Routes whose step's clock could not be written. */
  readonly #unclocked = new Set<string>();
  /** Of the wall clock before the monotonic one. */
  #clockAheadMs: number;

  constructor(
    parts: ControllerParts,
    stored: {
      readonly states: ReadonlyMap<string, RouteState>;
      readonly evidence: ReadonlyMap<string, StepEvidence>;
    },
  ) {
    this.#parts = parts;
    this.#journalled = new Map(stored.states);
    this.#clockAheadMs = parts.clock.nowMs() - parts.clock.monotonicMs();
    for (const route of parts.routes()) this.#lifeOf(route, stored.evidence.get(route));
  }

  /** Wall time. A clock that is set makes no step longer or shorter: what is dated moves along. */
  #nowMs(): number {
    const { clock, tell } = this.#parts;
    const nowMs = clock.nowMs();
    const aheadMs = nowMs - clock.monotonicMs();
    const jumpMs = aheadMs - this.#clockAheadMs;
    if (Math.abs(jumpMs) < CLOCK_JUMP_MS_MIN) return nowMs;
    this.#clockAheadMs = aheadMs;
    for (const life of this.#lives.values()) life.shift(jumpMs);
    tell(
      "warn",
      { jumpMs: Math.round(jumpMs) },
      "the clock was set: steps go on by the time that has passed",
    );
    return nowMs;
  }

  /** Of a route of the config; it is made where there is none. */
  #lifeOf(route: string, evidence?: StepEvidence): RouteLife | undefined {
    const known = this.#lives.get(route);
    const terms = this.#parts.terms(route);
    if (terms === undefined) return undefined;
    const journalled = this.#journalled.get(route);
    if (known !== undefined) {
      // A route that never moved stands where the config says, whatever a reload makes of that.
      const hasOtherBegin = journalled === undefined && known.state.at.stage !== terms.begin;
      if (!hasOtherBegin) return known;
    }
    const life = new RouteLife(route, {
      state: journalled ?? beginState(terms.begin, 0),
      served: this.#parts.served(route),
      warmUpMs: terms.gateSettings.warmUpMs,
      evidence,
    });
    this.#lives.set(route, life);
    return life;
  }

  life(route: string): RouteLife | undefined {
    return this.#lifeOf(route);
  }

  /** Of the routes of the config, in its order. */
  lives(): readonly RouteLife[] {
    return this.#parts.routes().flatMap((route) => this.#lifeOf(route) ?? []);
  }

  /** Where routes stand that have ever moved. */
  states(): ReadonlyMap<string, RouteState> {
    return this.#journalled;
  }

  see(delta: RolloutDelta): void {
    this.#lifeOf(delta.route)?.see(delta, this.#nowMs());
  }

  contextOf(life: RouteLife): GateContext {
    const { confirmed, kpis, stragglers } = this.#parts;
    const { route, state } = life;
    const terms = this.#parts.terms(route);
    const next = terms === undefined ? null : nextStep(state, this.#withNow(terms, null, []));
    return {
      nowMs: this.#nowMs(),
      stage: state.at.stage,
      basisPoints: state.at.basisPoints,
      nextBasisPoints: next?.basisPoints ?? state.at.basisPoints,
      confirmedUntriaged: confirmed(route),
      kpis: kpis(route, state.since),
      stragglers: stragglers(state.since).length,
      // Those that have a gate.
      ...(terms === undefined ? {} : { steps: terms.steps.filter(hasGate).length }),
    };
  }

  #withNow(terms: RouteTerms, reading: GateReading | null, completeBlockers: readonly string[]): Terms {
    // One that is not there is nowhere: nothing goes beyond it.
    const after = terms.after.map((route) => ({ route, at: this.#lifeOf(route)?.state.at ?? OFF }));
    return {
      ...terms,
      nowMs: this.#nowMs(),
      gate: reading?.verdict ?? null,
      after,
      completeBlockers,
    };
  }

  /** Only where complete comes next: the store is asked for them. */
  async #blockersOf(route: string): Promise<readonly string[]> {
    return this.#lifeOf(route)?.state.at.stage === "live" ? this.#parts.completeBlockers(route) : [];
  }

  /** What an event of the route is held against at this moment; undefined: the config does not have the route. */
  termsWith(life: RouteLife, completeBlockers: readonly string[] = []): Terms | undefined {
    const terms = this.#parts.terms(life.route);
    return terms && this.#withNow(terms, life.reading, completeBlockers);
  }

  /** `since`: refused where the route's own is another by now. */
  async act(route: string, asked: AskedEvent, since?: number): Promise<Acted> {
    if (this.#lifeOf(route) === undefined) return { kind: "unknown" };
    const blockers = await this.#blockersOf(route);
    const outcome: { acted: Acted } = { acted: { kind: "unknown" } };
    await this.#parts.decide(async (epoch) => {
      // Whoever had the turn before may have moved this route, or one that it depends on, or reloaded the config: what
      // the gate and the terms said while it waited is of another step.
      const life = this.#lifeOf(route);
      if (life === undefined) return false;
      if (asked.kind === "promote") this.#look(life, true);
      const terms = this.termsWith(life, blockers);
      if (terms === undefined) return false;
      const before = life.state;
      if (since !== undefined && before.since !== since) {
        outcome.acted = { kind: "conflict" };
        return false;
      }
      const event = { ...asked, epoch, atMs: this.#nowMs() } as RolloutEvent;
      const next = nextState(before, event, terms);
      if (!next.ok) {
        outcome.acted = { kind: "refused", refusal: next };
        return false;
      }
      const draft = draftOf(life, event, next.state);
      const ledger = this.#ledgerOf(life);
      const failure = isBackwards(event) ? await ledger.keep(draft) : await ledger.write(draft);
      if (failure !== undefined && !isBackwards(event)) {
        outcome.acted = { kind: "failed", message: failure };
        return false;
      }
      this.#move(life, next.state);
      outcome.acted = { kind: "ok", epoch, isWritten: failure === undefined };
      return next.state.since !== before.since || next.state.sunsetAtMs !== before.sunsetAtMs;
    });
    const { acted } = outcome;
    this.#log(route, asked, acted);
    const life = this.#lifeOf(route);
    if (acted.kind === "ok" && life !== undefined) await this.#startClock(life);
    return acted;
  }

  #ledgerOf(life: RouteLife): Ledger {
    const known = this.#ledgers.get(life.route);
    if (known !== undefined) return known;
    const ledger = new Ledger({
      append: (draft) => this.#parts.append(draft),
      restated: (late) => restatedDraft(late, (this.#lifeOf(life.route) ?? life).state, this.#nowMs()),
    });
    this.#ledgers.set(life.route, ledger);
    return ledger;
  }

  /** Of the route, in force and not in the journal yet. */
  unwritten(life: RouteLife): readonly JournalDraft[] {
    return this.#ledgers.get(life.route)?.missing ?? [];
  }

  #move(life: RouteLife, state: RouteState): void {
    this.#journalled.set(life.route, state);
    const warmUpMs = this.#parts.terms(life.route)?.gateSettings.warmUpMs ?? 0;
    life.move(state, { served: this.#parts.served(life.route), warmUpMs });
  }

  #log(route: string, { kind, who, reason }: AskedEvent, acted: Acted): void {
    if (acted.kind === "ok" && kind !== "acknowledged")
      this.#parts.tell("info", { route, who, reason, epoch: acted.epoch }, `rollout: ${kind}`);
    if (acted.kind === "ok" && !acted.isWritten)
      this.#parts.tell("error", { route, who }, "the route went back, and the journal does not have it yet");
    // Tried again every second, until it is done: told once.
    const isTold = kind === "acknowledged" && this.#unclocked.has(route);
    if (kind === "acknowledged" && acted.kind === "failed") this.#unclocked.add(route);
    else this.#unclocked.delete(route);
    if (acted.kind === "failed" && !isTold)
      this.#parts.tell("error", { route, who, message: acted.message }, `rollout: ${kind} was not done`);
  }

  /** The step's clock runs from when every thread has the decision. */
  async #startClock(life: RouteLife): Promise<void> {
    const { state } = life;
    if (state.clockAtMs !== null || this.#parts.stragglers(state.since).length > 0) return;
    // Of a route that never moved, the journal need not know.
    if (!this.#journalled.has(life.route)) {
      const atMs = this.#nowMs();
      life.move({ ...state, clockAtMs: atMs }, { served: this.#parts.served(life.route), warmUpMs: 0 });
      return;
    }
    await this.act(life.route, told("acknowledged", "parallax", "every thread has the decision"));
  }

  #look(life: RouteLife, isAsked = false): GateReading | null {
    const terms = this.#parts.terms(life.route);
    return terms === undefined ? null : life.look(terms.gateSettings, this.contextOf(life), isAsked);
  }

  /** A thread serves the route by the legacy: the candidate failed too often there. */
  async trip(route: string, since: number, why: string): Promise<void> {
    const life = this.#lifeOf(route);
    if (life === undefined || life.state.since !== since || !isServing(life.state.at)) return;
    await this.act(route, told("rollback", TRIPWIRE, why), since);
  }

  /**
   * Looks at every gate, and does what it says. To be called every second or so, when the last call has ended. A route
   * that cannot be looked after is told, and holds up none of the others.
   */
  async tick(): Promise<void> {
    for (const life of this.lives()) {
      try {
        life.count(this.#parts.served(life.route), this.#nowMs());
        await this.#tend(life);
      } catch (err) {
        this.#parts.tell("error", { route: life.route, err }, "the route could not be looked after");
      }
      // A gate takes half a millisecond to read, and there may be a thousand.
      await this.#parts.breathe();
    }
  }

  async #tend(life: RouteLife): Promise<void> {
    if (life.state.clockAtMs === null) await this.#startClock(life);
    if (this.unwritten(life).length > 0) await this.#writeLate(life);
    const reading = this.#look(life);
    if (reading === null) return;
    const { since, at, isPaused, latch } = life.state;
    if (reading.verdict === "fail" && isServing(at) && at.stage !== "complete") {
      await this.act(life.route, told("rollback", GATE, whyOf(reading, "fail")), since);
      return;
    }
    const terms = this.#parts.terms(life.route);
    const graceMs = terms?.gateSettings.graceMs ?? Number.POSITIVE_INFINITY;
    for (const text of gateNews(life, reading, { nowMs: this.#nowMs(), graceMs }))
      this.#parts.tell("warn", { route: life.route, step: stepText(at) }, text);
    const isAutomatic = terms?.advance === "automatic" && !isPaused && latch === null;
    if (reading.verdict !== "pass" || !isAutomatic) return;
    const now = this.termsWith(life);
    const next = now && nextStep(life.state, now);
    // The last step is a person's: the legacy goes for good.
    if (now === undefined || next === undefined || next === null || next.stage === "complete") return;
    const event = { ...told("promote", GATE, `the gate passed ${stepText(at)}`), isForced: false };
    if (nextState(life.state, { ...event, epoch: since, atMs: reading.atMs }, now).ok)
      await this.act(life.route, event, since);
  }

  async #writeLate(life: RouteLife): Promise<void> {
    if ((await this.#ledgerOf(life).flush()) === undefined)
      this.#parts.tell("info", { route: life.route }, "the journal has what it missed");
  }

  /** Before the process ends: what the journal missed is written now, or the next start knows nothing of it. */
  async writeMissed(): Promise<void> {
    for (const life of this.#lives.values()) {
      if (this.unwritten(life).length > 0) await this.#writeLate(life);
      const [missed] = this.unwritten(life);
      if (missed === undefined) continue;
      const lost = `the journal never had that the route went back: the next start has it at ${stepText(missed.from)}`;
      this.#parts.tell("error", { route: life.route }, `${lost}; kill first, or roll it back then`);
    }
  }
}

function told<Kind extends "acknowledged" | "rollback" | "promote">(kind: Kind, who: string, reason: string) {
  return { kind, who, role: "parallax" as EventRole, reason };
}

/** Where the route could go from here, for people. */
export function waysOf(
  state: RouteState,
  terms: Terms,
): { readonly next: Step | null; readonly back: Step | null } {
  return { next: nextStep(state, terms), back: backStep(state) };
}
