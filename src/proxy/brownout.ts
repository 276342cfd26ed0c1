// When a deprecated route's legacy clients are turned away, and what they get. One per route and snapshot.
// Between two changes of the schedule a request costs two comparisons; there is no timer.
import { brownoutAt, type DeprecationSettings, deprecationLines } from "../core/deprecation.ts";
import type { RouteSettings } from "../core/snapshot.ts";
import type { SpecialAnswer } from "../wire/error-answer.ts";

const SECOND_MS = 1000;

export class RouteBrownout {
  readonly #deprecation: DeprecationSettings;
  readonly #lines: string;
  #isOn = false;
  /** What is known holds from here on, and until there. */
  #fromMs = Number.POSITIVE_INFINITY;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(deprecation: DeprecationSettings) {
    this.#deprecation = deprecation;
    // A 410 may be kept by caches unless it says otherwise (RFC 9110 §15.5.11): this one ends.
    this.#lines = `${deprecationLines(deprecation)}cache-control: no-store\r\n`;
  }

  /** What a request gets instead of the legacy's answer; undefined outside of brownouts. `nowMs` is wall clock. */
  answerAt(nowMs: number): SpecialAnswer | undefined {
    // A clock that was set back knows nothing either.
    if (nowMs < this.#fromMs || nowMs >= this.#untilMs) {
      const { isOn, untilMs } = brownoutAt(this.#deprecation, nowMs);
      this.#isOn = isOn;
      this.#fromMs = nowMs;
      this.#untilMs = untilMs;
    }
    if (!this.#isOn) return undefined;
    const seconds = Math.ceil((this.#untilMs - nowMs) / SECOND_MS);
    return {
      status: this.#deprecation.brownoutStatus,
      lines: `${this.#lines}retry-after: ${seconds}\r\n`,
    };
  }
}

export function brownoutFor({ deprecation }: RouteSettings): RouteBrownout | undefined {
  if (deprecation === undefined || deprecation.brownouts.length === 0) return undefined;
  return new RouteBrownout(deprecation);
}
