// The schedule as a serving thread asks it: once per change, whatever the clock does.
import { expect, test } from "vitest";
import type { DeprecationSettings } from "../../src/core/deprecation.ts";
import { RouteBrownout } from "../../src/proxy/brownout.ts";

const HOUR = 3_600_000;
const settings: DeprecationSettings = {
  atMs: 0,
  sunsetMs: undefined,
  link: undefined,
  policy: undefined,
  successor: undefined,
  brownouts: [{ kind: "once", fromMs: 10 * HOUR, toMs: 11 * HOUR }],
  brownoutStatus: 503,
};

test("begins and ends at its times, and says how long it lasts in whole seconds", () => {
  const brownout = new RouteBrownout(settings);
  expect(brownout.answerAt(10 * HOUR - 1)).toBeUndefined();
  expect(brownout.answerAt(10 * HOUR)).toEqual({
    status: 503,
    lines: "deprecation: @0\r\ncache-control: no-store\r\nretry-after: 3600\r\n",
  });
  expect(brownout.answerAt(11 * HOUR - 1)?.lines).toContain("retry-after: 1\r\n");
  expect(brownout.answerAt(11 * HOUR)).toBeUndefined();
});

test("follows a clock that is set back, and one that is set forward", () => {
  const brownout = new RouteBrownout(settings);
  expect(brownout.answerAt(10.5 * HOUR)).toBeDefined();
  expect(brownout.answerAt(9 * HOUR)).toBeUndefined();
  expect(brownout.answerAt(10.2 * HOUR)).toBeDefined();
  expect(brownout.answerAt(99 * HOUR)).toBeUndefined();
  expect(brownout.answerAt(10.9 * HOUR)).toBeDefined();
});
