// Asks functions of the user's whether two values count as the same. Whatever such a function does within its time
// becomes an answer: a throw, a hang, another type than boolean are `failed`. It gets copies, never what is judged.
// It is no sandbox: the function has the rights of the process.
import { basename } from "node:path";
import { createContext, Script } from "node:vm";
import type { Rule } from "../../core/rule.ts";

/** What a rule's module exports as default. Values are as JSON.parse has them, undefined where a side has none. */
export type CustomFunction = (
  legacy: unknown,
  candidate: unknown,
  place: {
    /** RFC 6901 pointer of the value. */
    readonly path: string;
    /** Raw JSON text, digits kept. */
    readonly legacyText: string | undefined;
    readonly candidateText: string | undefined;
  },
) => unknown;

/** A place where two values differ, with their whole raw JSON texts. */
export interface CustomPlace {
  readonly path: string;
  readonly legacy: string | undefined;
  readonly candidate: string | undefined;
}

export type CustomAnswer = "same" | "different" | "failed";

/** Asks the custom rule with this index. */
export type AskCustom = (index: number, place: CustomPlace) => CustomAnswer;

/** One call, by the wall clock: microseconds of work, with room for a thread that waits for a processor. */
export const CUSTOM_MS_MAX = 250;
/** A rule that hung so often is not called again until the next reload: each hang holds up the thread. */
const HANGS_MAX = 5;

/** What the script calls. Reused: the judge is synchronous, and one per thread. */
const sandbox: { call: () => unknown } = { call: () => undefined };
const context = createContext(sandbox);
const script = new Script("call()", { filename: "custom-rule" });

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}

/** A promise that nobody waits for must not end the thread when it is rejected. */
function settleQuietly(result: unknown): void {
  if (result instanceof Promise) result.catch(() => undefined);
}

class CustomRule {
  readonly #function: CustomFunction;
  #hangs = 0;

  constructor(custom: CustomFunction) {
    this.#function = custom;
  }

  ask({ path, legacy, candidate }: CustomPlace): CustomAnswer {
    if (this.#hangs >= HANGS_MAX) return "failed";
    let result: unknown;
    let hasEnded = true;
    try {
      const values = [parsed(legacy), parsed(candidate)] as const;
      const place = Object.freeze({ path, legacyText: legacy, candidateText: candidate });
      // What is ended from outside runs no finally.
      sandbox.call = () => {
        hasEnded = false;
        try {
          return this.#function(values[0], values[1], place);
        } finally {
          hasEnded = true;
        }
      };
      result = script.runInContext(context, { timeout: CUSTOM_MS_MAX });
    } catch {
      // The function is the user's: that it failed makes the exchange incomparable, which is counted.
      if (!hasEnded) this.#hangs++;
      return "failed";
    }
    settleQuietly(result);
    return typeof result !== "boolean" ? "failed" : result ? "same" : "different";
  }
}

/** `functions` by rule index. A rule without one, because its module could not be loaded, fails wherever it is asked. */
export function compileCustom(functions: ReadonlyMap<number, CustomFunction>): AskCustom {
  const rules = new Map([...functions].map(([index, custom]) => [index, new CustomRule(custom)]));
  return (index, place) => rules.get(index)?.ask(place) ?? "failed";
}

/** For the detail of a verdict: which rule failed, without where it lies. */
export function customFailureText(rule: Rule | undefined): string {
  return `custom rule ${rule?.kind === "custom" ? basename(rule.module) : "?"}`;
}
