// The rollouts of a running Parallax: the controller (rollout/) with the journal, the counters, the store's counts and
// the clock of this process. Invariant: what is decided here reaches the threads through decisions.ts alone.
import { setImmediate } from "node:timers/promises";
import type { Config } from "../config/load.ts";
import type { RoutePosition } from "../config/rollout-settings.ts";
import { KpiReader } from "../control/kpi-reader.ts";
import type { RolloutJournal } from "../control/rollout-journal.ts";
import type { RolloutDelta } from "../core/batch.ts";
import { systemClock } from "../core/clock.ts";
import type { GateSettings } from "../core/gate-settings.ts";
import type { FromThread } from "../core/messages.ts";
import type { ServedCounts } from "../core/served-counts.ts";
import { UNTRIAGED_STATES } from "../core/triage.ts";
import { within } from "../core/within.ts";
import type { RouteTerms } from "../rollout/controller.ts";
import { RolloutController } from "../rollout/controller.ts";
import type { StepEvidence } from "../rollout/gate/step-evidence.ts";
import type { RouteState } from "../rollout/terms.ts";
import type { SignatureCount } from "../store/review-store.ts";
import type { StoreRead } from "../store/store.ts";
import type { Log } from "../telemetry/log.ts";
import type { RolloutNumbers } from "../telemetry/rollout-numbers.ts";
import { writeEvidence } from "./evidence-file.ts";
import { KpiWatch } from "./kpi-watch.ts";
import { routeNumbers } from "./route-numbers.ts";
import { routeTermsOf } from "./route-terms.ts";

const TICK_MS = 1_000;
/** How old the store's counts of signatures may be. */
const COUNTS_AGE_MS_MAX = 10_000;
/** What a crash costs of the evidence at most. */
const EVIDENCE_SAVED_MS = 30_000;
const JOURNAL_CLOSE_MS_MAX = 2_000;
const DAY_MS = 86_400_000;

export interface RolloutsParts {
  readonly log: Log;
  readonly config: () => Config;
  readonly journal: RolloutJournal;
  readonly evidence: ReadonlyMap<string, StepEvidence>;
  readonly decide: (write: (epoch: number) => Promise<boolean>) => Promise<void>;
  readonly served: (route: string) => ServedCounts;
  readonly stragglers: (epoch: number) => readonly string[];
  readonly signatureCounts: () => Promise<StoreRead<readonly SignatureCount[]>>;
  /** When the legacy last served a consumer of the route since then; null: never; undefined: not known. */
  readonly lastCallerMs: (route: string, sinceMs: number) => Promise<number | null | undefined>;
}

function positionOf({ at, since, salt, isKilled, sunsetAtMs }: RouteState): RoutePosition {
  return {
    stage: isKilled ? "off" : at.stage,
    basisPoints: at.basisPoints,
    since,
    isKilled,
    ...(salt === null ? {} : { salt }),
    ...(sunsetAtMs === null ? {} : { sunset: new Date(sunsetAtMs).toISOString() }),
  };
}

function unitsText({ settings: { rollout, routes } }: Config, route: string): string {
  return JSON.stringify(routes.find(({ name }) => name === route)?.rollout.units ?? rollout.units);
}

/** Where routes stand by the journal alone: what the first decision of a process is made from. */
export function positionsOf(states: ReadonlyMap<string, RouteState>): ReadonlyMap<string, RoutePosition> {
  return new Map([...states].map(([route, state]) => [route, positionOf(state)]));
}

export class Rollouts {
  readonly #parts: RolloutsParts;
  readonly #kpis = new KpiWatch(new KpiReader(), () => systemClock.monotonicMs());
  readonly controller: RolloutController;
  #confirmed: ReadonlyMap<string, number> | undefined;
  #countedAtMs = Number.NEGATIVE_INFINITY;
  #savedAtMs = systemClock.monotonicMs();
  #timer: NodeJS.Timeout | undefined;
  /** The look under way. */
  #ticking: Promise<void> | undefined;
  #isStopped = false;
  #journalFailures = 0;
  #termsMade: { readonly config: Config; readonly terms: ReadonlyMap<string, RouteTerms> } | undefined;

  constructor(parts: RolloutsParts) {
    this.#parts = parts;
    const { journal, log } = parts;
    this.controller = new RolloutController(
      {
        clock: systemClock,
        routes: () => [...this.#terms().keys()],
        terms: (route) => this.#terms().get(route),
        append: async (draft) => {
          const appended = await journal.append(draft);
          if (appended.ok) return undefined;
          this.#journalFailures += 1;
          return appended.message;
        },
        decide: parts.decide,
        served: parts.served,
        stragglers: parts.stragglers,
        confirmed: (route) => (this.#confirmed === undefined ? undefined : (this.#confirmed.get(route) ?? 0)),
        kpis: (route, since) => this.#kpis.of({ route, since, kpis: this.gateSettings(route)?.kpis ?? [] }),
        completeBlockers: (route) => this.#completeBlockers(route),
        breathe: () => setImmediate(),
        tell: (level, fields, text) => log[level](fields, text),
      },
      { states: journal.states, evidence: parts.evidence },
    );
  }

  /** Made once per config: a reload brings another. */
  #terms(): ReadonlyMap<string, RouteTerms> {
    const config = this.#parts.config();
    if (this.#termsMade?.config !== config) {
      const before = this.#termsMade?.config;
      this.#termsMade = { config, terms: routeTermsOf(config) };
      if (before !== undefined) this.#tellOtherUnits(before, config);
    }
    return this.#termsMade.terms;
  }

  /** The salt of a route that has exposed somebody stays; its units are the config's, and clients go with them. */
  #tellOtherUnits(before: Config, config: Config): void {
    for (const [route, { salt }] of this.controller.states())
      if (salt !== null && unitsText(before, route) !== unitsText(config, route))
        this.#parts.log.warn(
          { route },
          "its units are others now: clients it had exposed are dealt out anew",
        );
  }

  gateSettings(route: string): GateSettings | undefined {
    return this.#terms().get(route)?.gateSettings;
  }

  positions(): ReadonlyMap<string, RoutePosition> {
    return positionsOf(this.controller.states());
  }

  /** For a scrape. */
  numbers(): RolloutNumbers {
    const lives = this.controller.lives();
    const nowMs = systemClock.nowMs();
    return {
      routes: lives.flatMap((life) => {
        const settings = this.gateSettings(life.route);
        return settings === undefined ? [] : [routeNumbers(life, settings, nowMs)];
      }),
      journalUnwritten: lives.reduce((sum, life) => sum + this.controller.unwritten(life).length, 0),
      journalFailures: this.#journalFailures,
    };
  }

  see(deltas: readonly RolloutDelta[]): void {
    for (const delta of deltas) this.controller.see(delta);
  }

  /** A serving thread took the route back to the legacy by itself. */
  trip(route: string, message: Extract<FromThread, { kind: "tripped" }>): void {
    this.controller
      .trip(route, message.since, `${message.cause}: ${message.detail}`)
      .catch((err: unknown) =>
        this.#parts.log.error({ err, route }, "the rollback of a tripped route failed"),
      );
  }

  start(): void {
    this.#timer = setInterval(() => {
      // Left out while one is under way: behind a slow disk none may wait.
      this.#ticking ??= this.#tick().finally(() => {
        this.#ticking = undefined;
      });
    }, TICK_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#kpis.stop();
    await this.#ticking;
    await this.controller.writeMissed();
    await this.#save();
    // A disk that hangs must not hold the stop.
    await within(JOURNAL_CLOSE_MS_MAX, this.#parts.journal.close(), () => undefined);
  }

  async #tick(): Promise<void> {
    if (this.#isStopped) return;
    try {
      this.#askKpis();
      await this.#countConfirmed();
      await this.controller.tick();
      if (systemClock.monotonicMs() - this.#savedAtMs >= EVIDENCE_SAVED_MS) await this.#save();
    } catch (err) {
      this.#parts.log.error({ err }, "the rollouts could not be looked after");
    }
  }

  async #countConfirmed(): Promise<void> {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - this.#countedAtMs < COUNTS_AGE_MS_MAX) return;
    this.#countedAtMs = nowMs;
    const read = await this.#parts.signatureCounts();
    if (read.kind !== "ok") {
      this.#confirmed = undefined;
      return;
    }
    const confirmed = new Map<string, number>();
    for (const { route, tier, state, signatures } of read.value)
      if (tier === "confirmed" && UNTRIAGED_STATES.includes(state))
        confirmed.set(route, (confirmed.get(route) ?? 0) + signatures);
    this.#confirmed = confirmed;
  }

  /** Of routes that are on their way. Not waited for: a gate is looked at with what is known. */
  #askKpis(): void {
    const nowMs = systemClock.nowMs();
    const asked = this.controller
      .lives()
      .filter(({ state }) => state.at.stage !== "off" && state.at.stage !== "complete")
      .map(({ route, state, evidence }) => ({
        route,
        since: state.since,
        kpis: this.gateSettings(route)?.kpis ?? [],
        isWarm: evidence.isWarm(nowMs),
      }));
    this.#kpis
      .ask(asked)
      .catch((err: unknown) => this.#parts.log.error({ err }, "business numbers could not be asked for"));
  }

  async #completeBlockers(route: string): Promise<readonly string[]> {
    const days = this.#parts.config().settings.rollout.legacyQuietDays;
    if (days === 0) return [];
    const nowMs = systemClock.nowMs();
    const lastMs = await this.#parts.lastCallerMs(route, nowMs - days * DAY_MS);
    if (lastMs === undefined) return ["the store cannot say who still called the legacy"];
    const enteredAtMs = this.controller.life(route)?.state.enteredAtMs ?? nowMs;
    if (lastMs !== null)
      return [
        `the legacy served a consumer at ${new Date(lastMs).toISOString()}, less than ${days} days ago`,
      ];
    if (nowMs - enteredAtMs < days * DAY_MS)
      return [`it is live since ${new Date(enteredAtMs).toISOString()}, less than ${days} days ago`];
    return [];
  }

  async #save(): Promise<void> {
    this.#savedAtMs = systemClock.monotonicMs();
    const directory = this.#parts.config().settings.data.dir;
    try {
      await writeEvidence(directory, this.controller.lives());
    } catch (err) {
      this.#parts.log.warn(
        { err },
        "the evidence of the rollouts is not saved: a restart would begin it anew",
      );
    }
  }
}
