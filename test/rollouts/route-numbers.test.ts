import { expect, test } from "vitest";
import { gateSettingsFrom } from "../../src/config/gate-policies.ts";
import { RouteLife } from "../../src/rollout/route-life.ts";
import { beginState } from "../../src/rollout/state.ts";
import { LIVE, SHADOW, type Step } from "../../src/rollout/step.ts";
import { routeNumbers } from "../../src/rollouts/route-numbers.ts";

const settings = gateSettingsFrom({ policy: "fast", gate: { graceSeconds: 60 } }, undefined, {});
const NO_REQUESTS = {
  requestsLegacy: 0,
  requestsCandidate: 0,
  errorsLegacy: 0,
  errorsCandidate: 0,
  candidateFailed: 0,
  rescued: 0,
  unitMissing: 0,
};

function lifeAt(at: Step) {
  const state = { ...beginState("shadow", 3), at, clockAtMs: 10_000 };
  const life = new RouteLife("users", { state, served: NO_REQUESTS, warmUpMs: 0 });
  const context = {
    nowMs: 15_000,
    stage: at.stage,
    basisPoints: at.basisPoints,
    nextBasisPoints: 10_000,
    confirmedUntriaged: 0,
    kpis: [],
    stragglers: 0,
  };
  life.look(settings, context);
  return life;
}

test("counts a step without evidence from when its clock began", () => {
  expect(routeNumbers(lifeAt(LIVE), settings, 75_000)).toMatchObject({
    stage: "live",
    percent: 100,
    verdict: "insufficient",
    insufficientSeconds: 65,
    graceSeconds: 60,
  });
});

test("tells of no time where the candidate serves nobody, or the clock went back", () => {
  const shadow = routeNumbers(lifeAt(SHADOW), settings, 75_000);
  expect(shadow).toMatchObject({ verdict: "insufficient", insufficientSeconds: 0 });
  expect(routeNumbers(lifeAt(LIVE), settings, 5_000).insufficientSeconds).toBe(0);
});
