// What changes the routing decision while it runs: kill switch, reload, added rules, names learnt, routes that move.
// Invariant: one decision at a time, each made from what the one before it left, and put in force before the next; but
// for the kill switch, which waits for nobody: not for a store that is asked to keep a rule, either.
import type { KillResult, ReloadResult, RuleChange } from "./admin/dependencies.ts";
import type { AddRuleBody } from "./admin/review-schemas.ts";
import type { RuleAnswer } from "./admin/rule-schemas.ts";
import { isRouteThere, readAddedRule } from "./config/added-rule.ts";
import type { Config, LoadResult } from "./config/load.ts";
import { formatProblem } from "./config/problem.ts";
import type { RoutePosition } from "./config/rollout-settings.ts";
import { buildSnapshot, changesThatNeedRestart, configInForce, type RouteSlots } from "./config/snapshot.ts";
import { KillSwitch, killSwitchText } from "./control/kill-switch.ts";
import { systemClock } from "./core/clock.ts";
import type { KillState } from "./core/kill-cell.ts";
import { ruleIdOf } from "./core/rule.ts";
import type { Snapshot } from "./core/snapshot.ts";
import { within } from "./core/within.ts";
import type { RuleReview } from "./review/rule-review.ts";
import type { Actor, AddedRule, AuditAction, ReviewStore } from "./store/review-store.ts";
import type { Log } from "./telemetry/log.ts";

/** How long a store in trouble may hold up who waits for a decision that is in force already. */
const AUDIT_MS_MAX = 2_000;

export interface DecisionsParts {
  readonly config: Config;
  readonly log: Log;
  readonly review: Pick<ReviewStore, "appendAudit" | "addRule" | "removeRule">;
  readonly addedRules: readonly AddedRule[];
  readonly slots: RouteSlots;
  readonly instanceId: string;
  readonly learnedTemplates: () => readonly string[];
  /** Where routes stand, and the epoch to begin with: beyond any that the journal has. */
  readonly positions: () => ReadonlyMap<string, RoutePosition>;
  readonly firstEpoch: number;
  /** Without it a reload changes nothing. */
  readonly loadAgain: (() => LoadResult) | undefined;
  /** Puts a snapshot in force: resolves when every thread has it, or has had time enough. */
  readonly publish: (snapshot: Snapshot) => Promise<void>;
  /** Tells the serving threads of the kill switch beside the snapshot: at once, whatever waits for them. */
  readonly killNow: (state: KillState) => void;
  readonly changed: (what: "kill" | "reload" | "rules" | "rollout") => void;
}

export class Decisions {
  readonly #parts: DecisionsParts;
  readonly #log: Log;
  readonly #killSwitch: KillSwitch;
  #config: Config;
  #addedRules: readonly AddedRule[];
  #snapshot: Snapshot;
  /** Until somebody takes it off. */
  #isKilled = false;
  /** The last decision under way: the next one begins when it is in force. */
  #decided: Promise<unknown> = Promise.resolve();

  constructor(parts: DecisionsParts) {
    this.#parts = parts;
    this.#log = parts.log;
    this.#config = parts.config;
    this.#addedRules = parts.addedRules;
    this.#killSwitch = new KillSwitch(parts.config.settings.data.dir);
    this.#snapshot = this.#build(parts.firstEpoch);
    this.#logRulesLeftOut();
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /** The one that the snapshot is made from. */
  get config(): Config {
    return this.#config;
  }

  /** At once, whatever else is being decided; what is decided after it is made with it. */
  async setKilled(isKilled: boolean, actor: Actor, reason?: string): Promise<KillResult> {
    const { who } = actor;
    let message: string | undefined;
    // Before the disk is asked, which may hang.
    if (isKilled) this.#parts.killNow("on");
    this.#isKilled = isKilled;
    try {
      this.#killSwitch.set(isKilled, who);
    } catch (error) {
      // Whoever reaches for it must not be stopped by a full disk.
      const fate = isKilled ? "is on, and will not survive a restart" : "is off, until a restart";
      message = `the kill switch's file cannot be changed: it ${fate}`;
      this.#log.error({ who, err: error }, message);
    }
    const inForce = await this.#publishNext();
    this.#log.warn({ who, reason }, killSwitchText(inForce.isKilled));
    this.#parts.changed("kill");
    // It is in force, and logged: the answer does not wait for the store.
    void this.#audit(isKilled ? "killed" : "unkilled", actor, {
      epoch: inForce.epoch,
      ...(reason === undefined ? {} : { reason }),
    });
    return { isKilled: inForce.isKilled, epoch: inForce.epoch, isDurable: message === undefined, message };
  }

  /** A serving thread saw the kill switch's file, which somebody made by hand, and obeys it already. */
  async obeyKillFile(): Promise<void> {
    if (this.#snapshot.isKilled) return;
    const { epoch, isKilled } = await this.#publishNext();
    if (!isKilled) return;
    this.#log.warn({ who: "file" }, killSwitchText(true));
    this.#parts.changed("kill");
    await this.#audit("killed", { who: "file", role: "operator" }, { epoch });
  }

  /**
   * A route moves. `write` makes it durable under the epoch that is to have it, and answers whether there is anything
   * to put in force. Resolves when every thread has it, or has had time enough.
   */
  move(write: (epoch: number) => Promise<boolean>): Promise<void> {
    return this.#inTurn(async () => {
      if (await write(this.#snapshot.epoch + 1)) await this.#publishNext();
      this.#parts.changed("rollout");
    });
  }

  /** Loads the config again; a bad one changes nothing and says why. */
  reload(actor: Actor): Promise<ReloadResult> {
    return this.#inTurn(() => this.#reload(actor));
  }

  addRule(asked: AddRuleBody, actor: Actor): Promise<RuleChange> {
    return this.#inTurn(() => this.#addRule(asked, actor));
  }

  removeRule(id: string, actor: Actor): Promise<RuleChange> {
    return this.#inTurn(() => this.#removeRule(id, actor));
  }

  /** Endpoint templates were learnt from traffic. */
  publishLearned(templates: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const { epoch } = await this.#publishNext();
      this.#log.info({ templates: templates.length, epoch }, "endpoint templates learnt");
    });
  }

  /** The rules in force, and beside them those that were added and cannot be applied at the moment. */
  withAddedRules(reviews: readonly RuleReview[]): readonly RuleAnswer[] {
    const addedById = new Map(this.#addedRules.map((added) => [added.id, added]));
    const inForce = reviews.map((review) => ({ ...review, added: addedOf(addedById.get(review.id)) }));
    for (const { id } of reviews) addedById.delete(id);
    return [...inForce, ...[...addedById.values()].map(notInForce)];
  }

  #inTurn<T>(decide: () => Promise<T>): Promise<T> {
    const decided = this.#decided.then(decide);
    this.#decided = decided.catch(() => undefined);
    return decided;
  }

  #build(epoch: number): Snapshot {
    const { slots, instanceId, learnedTemplates } = this.#parts;
    // A file that is gone is no wish: a data directory that went away must not hand clients to the candidate.
    this.#isKilled ||= this.#killSwitch.read() ?? false;
    return buildSnapshot(this.#config, {
      epoch,
      instanceId,
      slots,
      isKilled: this.#isKilled,
      learnedTemplates: learnedTemplates(),
      addedRules: this.#addedRules,
      positions: this.#parts.positions(),
    });
  }

  /** Made and handed to the threads at once, so that those of two decisions are in their order. */
  async #publishNext(): Promise<Snapshot> {
    const next = this.#build(this.#snapshot.epoch + 1);
    this.#snapshot = next;
    const published = this.#parts.publish(next);
    if (!next.isKilled && this.#killSwitch.isFileThere) this.#parts.killNow("file-overruled");
    await published;
    return next;
  }

  async #reload(actor: Actor): Promise<ReloadResult> {
    const { who } = actor;
    const loaded = this.#parts.loadAgain?.();
    if (loaded === undefined) return { ok: true, epoch: this.#snapshot.epoch };
    if (!loaded.ok) {
      const problems = loaded.problems.map(formatProblem);
      this.#log.error({ who, problems }, "the config was not reloaded: nothing has changed");
      return { ok: false, problems };
    }
    const waiting = changesThatNeedRestart(this.#config, loaded.config);
    if (waiting.length > 0) this.#log.warn({ keys: waiting }, "these changes take effect at the next start");
    this.#config = configInForce(this.#config, loaded.config);
    const wasKilled = this.#snapshot.isKilled;
    // Its file may have been made or removed by hand, and who reloads wants it obeyed.
    this.#isKilled = this.#killSwitch.read() ?? wasKilled;
    const inForce = await this.#publishNext();
    const { epoch, isKilled } = inForce;
    if (isKilled !== wasKilled) this.#log.warn({ who }, killSwitchText(isKilled));
    this.#logRulesLeftOut();
    this.#log.info({ who, epoch }, "config reloaded");
    this.#parts.changed("reload");
    await this.#audit("reloaded", actor, { epoch: inForce.epoch });
    return { ok: true, epoch };
  }

  async #addRule(asked: AddRuleBody, actor: Actor): Promise<RuleChange> {
    const atMs = systemClock.nowMs();
    const read = readAddedRule(asked, this.#config, atMs);
    if (!read.ok) return { kind: "refused", problems: read.problems };
    const { rule } = read;
    const { route } = asked;
    const id = ruleIdOf(rule);
    if (this.#countsEverywhere(id, route))
      return { kind: "conflict", message: `the rule counts there already, as ${id}` };
    const added = await this.#parts.review.addRule({ id, route, rule, ...actor });
    if (added.kind === "failed") return added;
    if (!added.value)
      return { kind: "conflict", message: "it was added before, or there are as many added ones as can be" };
    this.#addedRules = [...this.#addedRules, { id, route, rule, who: actor.who, atMs }];
    return this.#rulesChanged(id, actor, "a rule was put to work");
  }

  async #removeRule(id: string, actor: Actor): Promise<RuleChange> {
    if (!this.#addedRules.some((added) => added.id === id))
      return this.#countsSomewhere(id)
        ? { kind: "conflict", message: "this rule stands in the config: take it out there, and reload" }
        : { kind: "unknown" };
    const removed = await this.#parts.review.removeRule({ id, ...actor });
    if (removed.kind === "failed") return removed;
    this.#addedRules = this.#addedRules.filter((added) => added.id !== id);
    return this.#rulesChanged(id, actor, "a rule was taken out");
  }

  async #rulesChanged(id: string, { who }: Actor, message: string): Promise<RuleChange> {
    const { epoch } = await this.#publishNext();
    this.#log.info({ who, rule: id, epoch }, message);
    this.#parts.changed("rules");
    return { kind: "ok", id, epoch };
  }

  #rulesOf(route: string | undefined): readonly ReadonlySet<string>[] {
    return this.#snapshot.routes
      .filter(({ name }) => route === undefined || name === route)
      .map(({ compare }) => new Set(compare.rules.map(ruleIdOf)));
  }

  #countsEverywhere(id: string, route: string | undefined): boolean {
    return this.#rulesOf(route).every((ids) => ids.has(id));
  }

  #countsSomewhere(id: string): boolean {
    return this.#rulesOf(undefined).some((ids) => ids.has(id));
  }

  #logRulesLeftOut(): void {
    for (const { id, route, who } of this.#addedRules)
      if (!isRouteThere(route, this.#config))
        this.#log.warn(
          { rule: id, route, who },
          "an added rule is not applied: the config has no such route",
        );
  }

  /** What is decided is in force: a store in trouble costs an entry of the audit log, which the log then has. */
  async #audit(
    action: AuditAction,
    actor: Actor,
    detail: { readonly epoch: number; readonly reason?: string },
  ): Promise<void> {
    const appended = this.#parts.review.appendAudit({ ...actor, action, subject: "", detail });
    const outcome = await within(AUDIT_MS_MAX, appended, () => ({ kind: "late" as const })).catch(
      (err: unknown) => ({ kind: "failed" as const, code: "internal", err }),
    );
    if (outcome.kind !== "ok")
      this.#log.error({ ...actor, action, outcome }, "the audit log of the store has no entry of a change");
  }
}

function addedOf(added: AddedRule | undefined): RuleAnswer["added"] {
  return added === undefined ? null : { who: added.who, atMs: added.atMs };
}

function notInForce(added: AddedRule): RuleAnswer {
  const { id, rule } = added;
  return {
    id,
    rule,
    routes: [],
    routesTotal: 0,
    hits: 0,
    lastHitMs: null,
    endpoints: [],
    endpointsTotal: 0,
    examples: [],
    added: addedOf(added),
    flags: [],
  };
}
