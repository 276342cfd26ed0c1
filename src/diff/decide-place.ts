// Which rules hide a place where two scalars differ. Asked only there, so that rules cost nothing on equal places.
import type { DifferenceKind } from "../core/verdict.ts";
import type { CompiledRules } from "./rules.ts";
import type { Span } from "./string-value.ts";

/** What differs at a place: the bytes of both values. */
export interface DifferingValues {
  readonly kind: DifferenceKind;
  readonly legacy: Span;
  readonly candidate: Span;
}

export interface HiddenPlace {
  /** Indices of the rules that hide it together. */
  readonly hiding: readonly number[];
  /** Leading tokens of the place that the rule stands at: all below is one hit. */
  readonly depth: number;
}

/** Undefined where no rule hides the place. `tokens` are its names and indices, unescaped. */
export function decidePlace(
  rules: CompiledRules,
  tokens: readonly string[],
  _values: DifferingValues,
): HiddenPlace | undefined {
  const matcher = rules.paths;
  if (matcher === undefined) return undefined;
  let state = matcher.start;
  for (let depth = 0; ; depth++) {
    if (state.accept >= 0) return { hiding: [rules.pathRules[state.accept] as number], depth };
    const token = tokens[depth];
    if (token === undefined || state.isDead) return undefined;
    state = matcher.step(state, token);
  }
}
