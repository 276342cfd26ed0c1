import { expect, test } from "vitest";
import { gateText } from "../../src/demo/gate-text.ts";
import { routeAnswer } from "../admin/memory-rollout.ts";

const ADMIN = "http://127.0.0.1:9090";

test("says what the gate says and why, and with what one would go on", () => {
  const text = gateText(routeAnswer(), ADMIN);
  expect(text).toContain(
    "The gate of route users, at ramp 5 %, says insufficient.\n  1,200 of 5,000 pairs were seen\n",
  );
  expect(text).toContain("the step to ramp 25 %, refused until it passes");
  expect(text).toContain(`  npx parallax rollout promote users --reason "gate passed" --admin ${ADMIN}\n`);
});

test("says so where no gate was looked at", () => {
  expect(gateText(routeAnswer({ gate: null, next: null }), ADMIN)).toContain("says nothing yet.\n\n");
});

test("a name cannot drive the terminal", () => {
  expect(gateText(routeAnswer({ route: "a\u001b[2J" }), ADMIN)).not.toContain("\u001b");
});
