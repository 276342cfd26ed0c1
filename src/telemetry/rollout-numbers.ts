// What a scrape asks of the rollouts.

/** A route of the config. Its stage and the verdict of its gate are among a few words each. */
export interface RouteNumbers {
  readonly route: string;
  readonly stage: string;
  /** Of the units. */
  readonly percent: number;
  readonly isLatched: boolean;
  readonly isPaused: boolean;
  readonly isKilled: boolean;
  /** Null where its gate has nothing to say, or was not looked at yet. */
  readonly verdict: string | null;
  /** Since the clock of its step began; 0 unless its gate has too little evidence. */
  readonly insufficientSeconds: number;
  /** How long that may last. */
  readonly graceSeconds: number;
}

export interface RolloutNumbers {
  readonly routes: readonly RouteNumbers[];
  /** Entries that the journal does not have yet, although what they tell has happened. */
  readonly journalUnwritten: number;
  /** Writes of the journal that failed, since the start. */
  readonly journalFailures: number;
}
