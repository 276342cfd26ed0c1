import { expect, test } from "vitest";
import { gateLines } from "../../src/rollouts/gate-lines.ts";
import { STANDARD } from "../rollout/gate/exchanges.ts";

const CAPPED = { ...STANDARD, requestShareMax: 0.2 };
const at50 = { stage: "ramp", basisPoints: 5_000 } as const;

test("says of a step before it is taken that it would be over the cap on requests", () => {
  const over = gateLines(CAPPED, at50, 0.67);
  expect(over).toContain("the candidate serves at most 20 % of the requests");
  expect(over.at(-1)).toContain("it would serve 67 % of them here, so the step before holds");
  expect(gateLines(CAPPED, at50, 0.2).at(-1)).toBe("the candidate serves at most 20 % of the requests");
  expect(gateLines(CAPPED, at50, null).at(-1)).toBe("the candidate serves at most 20 % of the requests");
});
