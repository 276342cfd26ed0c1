// What a scenario gets and what it gives back. Each file beside this one is one row (or two) of the goals.
import type { Failure, Round, Row } from "../rounds.ts";
import type { Upstreams } from "../upstreams/healthy.ts";

export interface BenchSettings {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly ratePerSecond: number;
  /** Mirrored exchanges before the first and before the second look at memory. */
  readonly memoryExchanges: readonly [first: number, second: number];
  readonly upstreams: Upstreams;
  readonly say: (line: string) => void;
}

export interface GoalResult {
  readonly goal: string;
  readonly atMost: number;
  /** Undefined where it could not be measured. */
  readonly ratio: number | undefined;
  /** What was compared, or why it could not be. */
  readonly detail: string;
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly title: string;
  readonly rows: readonly Row[];
  readonly rounds: readonly Round[];
  readonly failures: readonly Failure[];
  readonly goals: readonly GoalResult[];
  /** What must be known to read the numbers: skips, rates not held. */
  readonly notes: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly title: string;
  run(settings: BenchSettings): Promise<Omit<ScenarioResult, "scenario" | "title">>;
}
