// What the composition root gives to the admin listener.
import type { Clock } from "../core/clock.ts";
import type { Actor } from "../store/review-store.ts";
import type { Store, StoreFault, StoreRead } from "../store/store.ts";
import type { InUse } from "../telemetry/in-use.ts";
import type { Log } from "../telemetry/log.ts";
import type { Refusals } from "../telemetry/refusals.ts";
import type { AddRuleBody } from "./review-schemas.ts";
import type { RolloutDesk } from "./rollout-desk.ts";
import type { PreviewAnswer, PreviewBody, RuleAnswer, SuggestionAnswer } from "./rule-schemas.ts";
import type { KillResult, Summary } from "./schemas.ts";

export type { KillResult } from "./schemas.ts";

export type ReloadResult =
  | { readonly ok: true; readonly epoch: number }
  /** Nothing changed; each problem is one line with its path, what was found and what is allowed. */
  | { readonly ok: false; readonly problems: readonly string[] };

export type PreviewResult =
  | { readonly kind: "ok"; readonly preview: PreviewAnswer }
  /** Each problem is one line with its path, what was found and what is allowed. */
  | { readonly kind: "refused"; readonly problems: readonly string[] }
  /** Another one is under way. */
  | { readonly kind: "busy" }
  | ({ readonly kind: "failed" } & StoreFault);

export type RuleChange =
  | { readonly kind: "ok"; readonly id: string; readonly epoch: number }
  /** Nothing changed; each problem is one line with its path, what was found and what is allowed. */
  | { readonly kind: "refused"; readonly problems: readonly string[] }
  /** It counts already; or there are as many added ones as can be; or it is the config's, and taken out there. */
  | { readonly kind: "conflict"; readonly message: string }
  | { readonly kind: "unknown" }
  | ({ readonly kind: "failed" } & StoreFault);

export interface AdminDependencies {
  readonly store: Store;
  readonly clock: Clock;
  /** Counts what the guards refuse. */
  readonly refusals: Refusals;
  /** The text of one Prometheus scrape (text format 0.0.4). */
  metricsText(): Promise<string>;
  /** Without what the admin asks the store for. */
  summary(): Omit<Summary, "store" | "signatures">;
  /** Route → its stage, of the routes in force. */
  stages(): ReadonlyMap<string, string>;
  /** Resolves when every thread acknowledged it, durable or not; the reason is for the log and the audit log. */
  setKilled(isKilled: boolean, actor: Actor, reason?: string): Promise<KillResult>;
  reload(actor: Actor): Promise<ReloadResult>;
  /** Puts a rule to work, until it is removed: over restarts and reloads. */
  addRule(asked: AddRuleBody, actor: Actor): Promise<RuleChange>;
  removeRule(id: string, actor: Actor): Promise<RuleChange>;
  /** True while at least one serving thread listens, and not while draining. */
  isReady(): boolean;
  /** Every rule of every route that mirrors, once, in the order of the config; then added ones, in force or not. */
  rules(): Promise<StoreRead<readonly RuleAnswer[]>>;
  /** Judges stored samples again under these rules; one at a time. */
  previewRules(body: PreviewBody): Promise<PreviewResult>;
  /** Rules that would explain noise, of one endpoint or of all; those that explain most come first. */
  ruleSuggestions(endpoint: string | undefined): Promise<StoreRead<readonly SuggestionAnswer[]>>;
  readonly rollout: RolloutDesk;
  /** What of the config is in use. */
  inUse(): InUse;
  readonly log: Pick<Log, "info" | "warn" | "error">;
}
