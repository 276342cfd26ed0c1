// The steps in their order, and how people write them.
import { describe, expect, test } from "vitest";
import { compareSteps, LIVE, stepFrom, stepsOf, stepText } from "../../src/rollout/step.ts";
import { ramp, STEPS } from "./states.ts";

describe("stepsOf", () => {
  test("has every step in its order, percentages between canary and live", () => {
    expect(stepsOf([0.01, 0.5, 100]).map(stepText)).toEqual([
      "off",
      "shadow",
      "canary",
      "ramp 0.01 %",
      "ramp 0.5 %",
      "ramp 100 %",
      "live",
      "complete",
    ]);
    expect(STEPS.toSorted(compareSteps)).toEqual(STEPS);
  });

  test("makes whole hundredths of what doubles make of percentages", () => {
    expect(stepsOf([0.07, 0.29, 1.15, 57.1]).map(({ basisPoints }) => basisPoints)).toEqual([
      0, 0, 0, 7, 29, 115, 5710, 10_000, 10_000,
    ]);
  });
});

describe("stepFrom", () => {
  test.each([
    ["live", LIVE],
    [" Live ", LIVE],
    ["25", ramp(25)],
    ["25%", ramp(25)],
    ["25 %", ramp(25)],
    ["ramp 25", ramp(25)],
    ["RAMP 25.00 %", ramp(25)],
    ["ramp25", ramp(25)],
    ["ramp", ramp(0.5)],
    ["0.5%", ramp(0.5)],
  ])("reads %j", (text, step) => {
    expect(stepFrom(text, stepsOf([0.5, 25]))).toEqual({ ok: true, step });
  });

  test("reads what stepText says", () => {
    for (const step of STEPS) expect(stepFrom(stepText(step), STEPS)).toEqual({ ok: true, step });
  });

  test.each(["", "7", "7 %", "-1", "25.001", "1e1", "ramp x", "25 25", "0x19", "canary 5"])(
    "refuses %j",
    (text) => {
      expect(stepFrom(text, STEPS)).toEqual({
        ok: false,
        message: `${JSON.stringify(text)} is no step: ${STEPS.map(stepText).join(", ")}`,
      });
    },
  );
});
