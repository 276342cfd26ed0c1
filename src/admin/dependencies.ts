// What the composition root gives to the admin listener.
import type { Rule } from "../core/rule.ts";
import type { Store } from "../store/store.ts";
import type { Log } from "../telemetry/log.ts";
import type { KillResult, Summary } from "./schemas.ts";

export type { KillResult } from "./schemas.ts";

export type ReloadResult =
  | { readonly ok: true; readonly epoch: number }
  /** Nothing changed; each problem is one line with its path, what was found and what is allowed. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** A rule in force, where it stands: `index` is the one that its hits are counted under. */
export interface PlacedRule {
  readonly route: string;
  readonly index: number;
  readonly rule: Rule;
}

export interface AdminDependencies {
  readonly store: Store;
  /** The text of one Prometheus scrape (text format 0.0.4). */
  metricsText(): Promise<string>;
  /** `store` may be left to the admin: it takes it from `store.health()`. */
  summary(): Omit<Summary, "store">;
  /** Resolves when every thread acknowledged it, durable or not. `who` is for the log. */
  setKilled(isKilled: boolean, who: string): Promise<KillResult>;
  reload(who: string): Promise<ReloadResult>;
  /** True while at least one serving thread listens, and not while draining. */
  isReady(): boolean;
  /** Every rule of every route that mirrors, in the order of the config. */
  rules(): Iterable<PlacedRule>;
  readonly log: Pick<Log, "info" | "warn" | "error">;
}
