import { expect, test } from "vitest";
import { noneServed } from "../../src/core/served-counts.ts";
import { RouteLife } from "../../src/rollout/route-life.ts";
import { beginState } from "../../src/rollout/state.ts";
import { COMPLETE, OFF } from "../../src/rollout/step.ts";
import { contextOf, evidenceOf, NOW_MS, STANDARD } from "./gate/exchanges.ts";

const SHADOW = { ...beginState("shadow", 7), clockAtMs: 0 };

function lifeOf(requestsLegacy = 0): RouteLife {
  const served = { ...noneServed(), requestsLegacy };
  return new RouteLife("orders", { state: SHADOW, served, warmUpMs: 0 });
}

function lookedAt(life: RouteLife, nowMs: number): number | undefined {
  return life.look(STANDARD, contextOf({ nowMs }))?.atMs;
}

test("reads the gate of a route without traffic every ten seconds alone", () => {
  const life = lifeOf();
  const looks = [0, 1_000, 9_999, 10_000].map((ms) => {
    life.count(noneServed(), NOW_MS + ms);
    return (lookedAt(life, NOW_MS + ms) ?? 0) - NOW_MS;
  });
  expect(looks).toEqual([0, 0, 0, 10_000]);
});

test("reads the gate anew as soon as something was served", () => {
  const life = lifeOf();
  lookedAt(life, NOW_MS);
  life.count({ ...noneServed(), requestsLegacy: 1 }, NOW_MS + 1_000);
  expect(lookedAt(life, NOW_MS + 1_000)).toBe(NOW_MS + 1_000);
});

test("counts from the beginning of the step: what was served before it is none of it", () => {
  const life = lifeOf(100);
  life.count({ ...noneServed(), requestsLegacy: 130 }, NOW_MS);
  expect(life.served?.requestsLegacy).toBe(30);
  const served = { ...noneServed(), requestsLegacy: 150 };
  life.move({ ...SHADOW, since: 8 }, { served, warmUpMs: 0 });
  expect([life.served, life.reading]).toEqual([undefined, null]);
  life.count({ ...noneServed(), requestsLegacy: 155 }, NOW_MS);
  expect(life.served?.requestsLegacy).toBe(5);
});

test("goes on with the evidence of its own step after a restart, and with that of no other", () => {
  const evidence = evidenceOf();
  const begin = { served: noneServed(), warmUpMs: 0, evidence };
  const ofStep = { ...SHADOW, clockAtMs: evidence.clockAtMs };
  expect(new RouteLife("orders", { ...begin, state: ofStep }).evidence).toBe(evidence);
  // An epoch is a small number: another data directory has it, too.
  const foreign = new RouteLife("orders", { ...begin, state: { ...ofStep, clockAtMs: 1 } });
  expect(foreign.evidence).not.toBe(evidence);
  const other = new RouteLife("orders", { ...begin, state: { ...SHADOW, since: 8 } });
  expect(other.evidence).not.toBe(evidence);
  expect(other.evidence.since).toBe(8);
});

test("has nothing to read where nothing is mirrored", () => {
  for (const at of [OFF, COMPLETE]) {
    const begin = { state: { ...SHADOW, at }, served: noneServed(), warmUpMs: 0 };
    expect(new RouteLife("orders", begin).look(STANDARD, contextOf())).toBeNull();
  }
});
