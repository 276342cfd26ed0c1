// Is a request in a cohort? Compiled once per snapshot; asked with bytes (HOT). What cannot be told is `unclear`: a
// deny list takes it for a yes, since the legacy is the safe side, all else for a no.
import { assertNever } from "../../core/assert.ts";
import { compileLinearPattern } from "../../core/linear-pattern.ts";
import type { Cohort, Condition } from "../../core/snapshot.ts";
import type { ClientAddress } from "./client-address.ts";
import { NetworkSet } from "./networks.ts";
import type { RequestValues } from "./request-values.ts";
import { AMBIGUOUS, PRESENT, type Source } from "./source.ts";
import type { TextSets } from "./text-sets.ts";

/** A longer value is not held against a pattern: matching costs up to 5 µs for each of its characters. */
export const PATTERN_VALUE_BYTES_MAX = 1024;

/** Says whether it holds; `unclear` is the answer where that cannot be told. */
type Check = (unclear: boolean) => boolean;

export interface Grounds {
  readonly values: RequestValues;
  readonly address: ClientAddress;
  readonly texts: TextSets;
}

function sourceCheck(
  { values }: Grounds,
  source: Source,
  holds: (source: Source, unclear: boolean) => boolean,
): Check {
  return (unclear) => {
    const state = values.read(source);
    return state === PRESENT ? holds(source, unclear) : state === AMBIGUOUS && unclear;
  };
}

function checkOf(condition: Condition, grounds: Grounds): Check {
  switch (condition.kind) {
    case "networks": {
      const networks = new NetworkSet(condition.networks);
      return (unclear) => {
        const address = grounds.address.read();
        return address === undefined ? unclear : networks.has(address);
      };
    }
    case "values": {
      const texts = grounds.texts.setOf(condition.values);
      return sourceCheck(grounds, grounds.values.sourceOf(condition.from), ({ bytes, start, end }) =>
        texts.has(bytes, start, end),
      );
    }
    case "pattern": {
      const pattern = compileLinearPattern(condition.pattern);
      return sourceCheck(
        grounds,
        grounds.values.sourceOf(condition.from),
        ({ bytes, start, end }, unclear) =>
          end - start > PATTERN_VALUE_BYTES_MAX
            ? unclear
            : pattern.matches(bytes.toString("utf8", start, end)),
      );
    }
    default:
      return assertNever(condition);
  }
}

export class CohortList {
  readonly #cohorts: readonly { readonly name: string; readonly checks: readonly Check[] }[];

  constructor(cohorts: readonly Cohort[], grounds: Grounds) {
    this.#cohorts = cohorts.map(({ name, conditions }) => ({
      name,
      checks: conditions.map((condition) => checkOf(condition, grounds)),
    }));
  }

  get isEmpty(): boolean {
    return this.#cohorts.length === 0;
  }

  /** The name of the first cohort that the request under way is in. */
  find(unclear: boolean): string | undefined {
    for (const { name, checks } of this.#cohorts) if (hold(checks, unclear)) return name;
    return undefined;
  }
}

function hold(checks: readonly Check[], unclear: boolean): boolean {
  for (const check of checks) if (!check(unclear)) return false;
  // Without conditions, nobody is in it.
  return checks.length > 0;
}
