// Where events take a route: the rules one by one, then what holds over any sequence of events.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { actionsFor } from "../../src/rollout/actions.ts";
import { backStep, beginState, nextState } from "../../src/rollout/state.ts";
import {
  CANARY,
  COMPLETE,
  compareSteps,
  isServing,
  LIVE,
  OFF,
  SHADOW,
  type Step,
} from "../../src/rollout/step.ts";
import type { RolloutEvent, RouteState, Terms } from "../../src/rollout/terms.ts";
import { ANNA, AT_SHADOW, at, BY_GATE, BY_TRIPWIRE, force, promote, ramp, STEPS, TERMS } from "./states.ts";

function stateAfter(state: RouteState, event: RolloutEvent, terms: Partial<Terms> = {}): RouteState {
  const next = nextState(state, event, { ...TERMS, ...terms });
  if (!next.ok) throw new Error(next.message);
  return next.state;
}

function refusal(state: RouteState, event: RolloutEvent, terms: Partial<Terms> = {}): string {
  const next = nextState(state, event, { ...TERMS, ...terms });
  return next.ok ? "" : `${next.message} [${next.allowed.join(" ")}]`;
}

const rollback = (to?: Step): RolloutEvent => ({ ...ANNA, kind: "rollback", to });
const kill: RolloutEvent = { ...ANNA, kind: "kill" };
const arm: RolloutEvent = { ...ANNA, kind: "arm" };
const pause: RolloutEvent = { ...ANNA, kind: "pause" };
const resume: RolloutEvent = { ...ANNA, kind: "resume" };

describe("promote", () => {
  test("goes through every step, one at a time, from off to complete", () => {
    let state = beginState("off", 1);
    const way = [state.at];
    while (state.at.stage !== "complete") {
      state = stateAfter(state, promote());
      way.push(state.at);
    }
    expect(way).toEqual(STEPS);
    expect(state.stable).toEqual(STEPS.slice(0, -1));
    expect(refusal(state, promote())).toBe("complete is the last step [pause rollback kill]");
  });

  test("begins a step: its epoch, its time, and a clock that waits for every thread", () => {
    const state = stateAfter({ ...AT_SHADOW, clockAtMs: 5 }, promote(CANARY));
    expect(state).toMatchObject({ at: CANARY, since: 7, enteredAtMs: 1_000, clockAtMs: null });
    const acknowledged = { ...ANNA, kind: "acknowledged", atMs: 1_050 } as const;
    expect(refusal(state, { ...acknowledged, epoch: 6 })).toContain(
      "epoch 6 is older than the step's own, 7",
    );
    expect(stateAfter(state, acknowledged).clockAtMs).toBe(1_050);
    expect(refusal(stateAfter(state, acknowledged), acknowledged)).toContain("runs already");
  });

  test("fixes the salt at the first step that exposes anybody, and no later config changes it", () => {
    const exposed = stateAfter(AT_SHADOW, promote(CANARY), { salt: "first" });
    expect([AT_SHADOW.salt, exposed.salt]).toEqual([null, "first"]);
    expect(stateAfter(exposed, promote(), { salt: "second" }).salt).toBe("first");
    expect(stateAfter(exposed, rollback(SHADOW), { salt: "second" }).salt).toBe("first");
    expect(stateAfter(beginState("off", 1), promote()).salt).toBeNull();
  });

  test("waits for the gate, except from off", () => {
    expect(stateAfter(at(OFF), promote(), { gate: null }).at).toEqual(SHADOW);
    for (const [gate, help] of [
      ["insufficient", "wait for what rollout show says it lacks"],
      ["unhealthy", "mend what it cannot read"],
      ["fail", "mend the candidate and begin the step anew (kill, then arm)"],
    ] as const)
      expect(refusal(AT_SHADOW, promote(), { gate })).toContain(
        `the gate of shadow says ${gate}: ${help}, or promote with force and a reason`,
      );
    expect(refusal(at(ramp(5)), promote(), { gate: null })).toContain("the gate has not looked at ramp 5 %");
  });

  test("with force goes on without the gate and over steps, and needs a reason", () => {
    expect(stateAfter(AT_SHADOW, force(ramp(25)), { gate: "fail" }).at).toEqual(ramp(25));
    expect(refusal(AT_SHADOW, { ...force(), reason: " " } as RolloutEvent)).toContain("force needs a reason");
    expect(refusal(AT_SHADOW, promote(ramp(25)))).toContain(
      "canary comes before ramp 25 %: promote to it first, or with force and a reason",
    );
  });

  test("with force leaves no stable step behind where the gate had not passed", () => {
    const forced = stateAfter(at(ramp(5), { stable: [SHADOW] }), force(), { gate: "insufficient" });
    expect(forced.stable).toEqual([SHADOW]);
    expect(stateAfter(at(ramp(5), { stable: [SHADOW] }), force(), { gate: "pass" }).stable).toEqual([
      SHADOW,
      ramp(5),
    ]);
  });

  test("goes to a step ahead, of those that there are", () => {
    expect(refusal(at(ramp(25)), promote(ramp(5)))).toContain(
      "ramp 5 % is not ahead of ramp 25 %: rollback goes back",
    );
    expect(refusal(at(ramp(25)), promote(ramp(25)))).toContain("is not ahead");
    expect(refusal(at(ramp(25)), promote(ramp(30)))).toContain(
      "ramp 30 % is no step of the route: off, shadow,",
    );
  });

  test("goes on from a step that the config has no more", () => {
    expect(stateAfter(at(ramp(10)), promote()).at).toEqual(ramp(25));
  });

  test.each([
    [
      "paused",
      at(ramp(5), { isPaused: true }),
      "ramp 5 % is paused: resume it first, or rollback [resume rollback kill]",
    ],
    [
      "rolled back",
      stateAfter(at(ramp(5)), rollback()),
      "shadow is latched since anna rolled back from ramp 5 % (as planned): arm it first [pause rollback kill arm]",
    ],
    [
      "killed",
      stateAfter(at(ramp(5)), kill),
      "the route is killed: arm it first, then it goes on from shadow [pause arm]",
    ],
  ])("is refused where the route is %s, also with force", (_, state, message) => {
    expect(refusal(state, promote())).toBe(message);
    expect(refusal(state, force())).toBe(message);
  });

  test("is refused while the calendar freezes it, also with force; going back is not", () => {
    const freeze = [{ name: "sale", from: "1970-01-01T00:00:00Z", to: "1970-01-01T01:00:00Z" }];
    const message =
      "frozen until 1970-01-01T01:00:00.000Z (sale), forced or not: wait, or change rollout.freeze and reload";
    expect(refusal(AT_SHADOW, promote(), { freeze })).toContain(message);
    expect(refusal(AT_SHADOW, force(), { freeze })).toContain(message);
    expect(stateAfter(at(ramp(5)), rollback(), { freeze }).at).toEqual(SHADOW);
    expect(stateAfter(at(ramp(5)), kill, { freeze }).at).toEqual(OFF);
  });

  test("is for those who may, also with force", () => {
    const approvers = ["ben", "eve"];
    expect(refusal(AT_SHADOW, force(), { approvers })).toContain(
      "anna is not among who may promote it, forced or not: ben, eve",
    );
    expect(stateAfter(AT_SHADOW, { ...promote(), who: "ben" }, { approvers }).at).toEqual(CANARY);
  });

  test("by Parallax itself needs automatic, a gate that passed, and no force", () => {
    const own: RolloutEvent = { ...BY_GATE, kind: "promote", isForced: false };
    expect(refusal(AT_SHADOW, own)).toContain("rollout.advance is approval");
    expect(stateAfter(AT_SHADOW, own, { advance: "automatic", approvers: ["ben"] }).at).toEqual(CANARY);
    expect(refusal(AT_SHADOW, own, { advance: "automatic", gate: "insufficient" })).toContain(
      "the gate of shadow says",
    );
    expect(refusal(AT_SHADOW, { ...own, isForced: true }, { advance: "automatic" })).toContain(
      "forces nothing",
    );
  });

  test("never goes beyond a route that this one comes after", () => {
    const behind = [{ route: "users", at: ramp(5) }];
    expect(stateAfter(at(ramp(1)), promote(), { after: behind }).at).toEqual(ramp(5));
    expect(refusal(at(ramp(5)), force(), { after: behind })).toContain(
      "the route never goes beyond users (at ramp 5 %): promote that first",
    );
  });

  test("leaves a canary out in which nobody is", () => {
    expect(stateAfter(AT_SHADOW, promote(), { hasCohorts: false }).at).toEqual(ramp(1));
    expect(refusal(AT_SHADOW, promote(CANARY), { hasCohorts: false })).toContain("nobody is in the canary");
  });

  test("to a percentage of nobody is refused; to live it is the next step", () => {
    const terms = { hasUnits: false };
    expect(refusal(at(CANARY), promote(), terms)).toContain("ramp 1 % would move nobody: set rollout.units");
    expect(refusal(at(CANARY), force(ramp(5)), terms)).toContain("would move nobody");
    expect(stateAfter(at(CANARY), promote(LIVE), terms).at).toEqual(LIVE);
    expect(refusal(at(CANARY), promote(LIVE), { ...terms, gate: "insufficient" })).toContain("the gate of");
  });

  test("without a candidate is refused", () => {
    expect(refusal(at(OFF), promote(), { hasCandidate: false })).toContain("no candidate is configured");
  });

  test("to complete is refused with everything that is in its way, also with force", () => {
    const terms = {
      completeBlockers: ["legacy served acme 2 days ago"],
      hasDeny: true,
      gate: "insufficient",
    } as const;
    const message =
      "complete is refused, forced or not: legacy served acme 2 days ago; its deny list keeps somebody on the legacy; the gate of live has not passed";
    expect(refusal(at(LIVE), promote(), terms)).toContain(message);
    expect(refusal(at(LIVE), force(), terms)).toContain(message);
    expect(refusal(at(ramp(100)), force(COMPLETE))).toContain("it is reached from live alone");
    expect(stateAfter(at(LIVE), promote()).at).toEqual(COMPLETE);
  });
});

describe("rollback", () => {
  const state = at(ramp(25), { stable: [SHADOW, CANARY, ramp(5)] });

  test("goes to the last stable step, forgets what is beyond, and latches", () => {
    expect(stateAfter(state, rollback())).toMatchObject({
      at: ramp(5),
      since: 7,
      clockAtMs: null,
      stable: [SHADOW, CANARY],
      latch: { atMs: 1_000, who: "anna", reason: "as planned", from: ramp(25) },
    });
  });

  test("goes to any step before, also one that the config has no more", () => {
    expect(stateAfter(state, rollback(ramp(1))).at).toEqual(ramp(1));
    expect(stateAfter(state, rollback(OFF)).at).toEqual(OFF);
    expect(stateAfter({ ...state, stable: [ramp(10)] }, rollback(ramp(10))).at).toEqual(ramp(10));
    expect(refusal(state, rollback(ramp(10)))).toContain("ramp 10 % is no step of the route");
    expect(refusal(state, rollback(ramp(25)))).toContain(
      "ramp 25 % is not before ramp 25 %: promote goes forwards",
    );
  });

  test("goes to shadow where no step was stable, from there to off, and no further", () => {
    const shadow = stateAfter(at(LIVE), rollback());
    expect(shadow.at).toEqual(SHADOW);
    const off = stateAfter(shadow, rollback());
    expect([off.at, off.latch?.from]).toEqual([OFF, SHADOW]);
    expect(refusal(off, rollback())).toContain("off is the first step");
  });

  test("of the gate goes to the last stable step; of the tripwire to shadow", () => {
    expect(stateAfter(state, { ...BY_GATE, kind: "rollback" })).toMatchObject({
      at: ramp(5),
      latch: { who: "gate" },
    });
    expect(stateAfter(state, { ...BY_TRIPWIRE, kind: "rollback" })).toMatchObject({ at: SHADOW, stable: [] });
    expect([backStep(state), backStep(state, "tripwire"), backStep(at(OFF))]).toEqual([
      ramp(5),
      SHADOW,
      null,
    ]);
  });

  test("of a person who is called tripwire is a person's", () => {
    expect(stateAfter(state, { ...ANNA, who: "tripwire", kind: "rollback" }).at).toEqual(ramp(5));
  });

  test("by itself has nothing to do where the candidate serves nobody, and leaves complete to people", () => {
    expect(refusal(AT_SHADOW, { ...BY_GATE, kind: "rollback" })).toContain(
      "the candidate serves nobody at shadow",
    );
    expect(refusal(at(COMPLETE), { ...BY_TRIPWIRE, kind: "rollback" })).toContain(
      "complete is left by a person alone",
    );
    expect(stateAfter(at(COMPLETE, { stable: [LIVE] }), rollback()).at).toEqual(LIVE);
  });

  test("needs a reason", () => {
    expect(refusal(at(COMPLETE), { ...rollback(), reason: "" } as RolloutEvent)).toContain(
      "a rollback needs a reason",
    );
  });

  test("goes on from a route that is rolled back or paused already", () => {
    const twice = stateAfter(stateAfter(state, { ...BY_GATE, kind: "rollback" }), {
      ...BY_TRIPWIRE,
      kind: "rollback",
    });
    expect(twice).toMatchObject({ at: SHADOW, latch: { who: "tripwire", from: ramp(5) } });
    expect(stateAfter({ ...state, isPaused: true }, rollback())).toMatchObject({
      at: ramp(5),
      isPaused: true,
    });
  });
});

describe("arm", () => {
  test("unlatches, and the route goes on from where it is, its step begun anew", () => {
    const back = stateAfter(at(ramp(25), { stable: [SHADOW, ramp(5)] }), rollback());
    const armed = stateAfter(back, { ...arm, epoch: 9 });
    expect(armed).toEqual({ ...back, since: 9, enteredAtMs: arm.atMs, clockAtMs: null, latch: null });
    expect(stateAfter(armed, promote()).at).toEqual(ramp(25));
  });

  test("is a person's, with a reason, of what is latched", () => {
    const back = stateAfter(at(ramp(25)), rollback());
    expect(refusal(back, { ...BY_GATE, kind: "arm" })).toContain("arm is for people");
    expect(refusal(back, { ...arm, reason: "" })).toContain("to arm needs a reason");
    expect(refusal(AT_SHADOW, arm)).toContain("the route is armed: nothing rolled it back");
  });
});

describe("kill", () => {
  test("is off at once from anywhere, without a reason too, and lasts until it is armed", () => {
    for (const step of STEPS) {
      const killed = stateAfter(at(step), { ...kill, reason: "" });
      expect(killed).toMatchObject({ at: OFF, since: 7, isKilled: true, latch: { from: step } });
      expect(refusal(killed, kill)).toContain("killed already: arm lifts it");
      expect(refusal(killed, rollback())).toContain("off already");
    }
  });

  test("armed again it is mirrored, and nobody is served by the candidate", () => {
    const armed = stateAfter(stateAfter(at(LIVE, { stable: [SHADOW, ramp(50)] }), kill), {
      ...arm,
      epoch: 9,
    });
    expect(armed).toMatchObject({ at: SHADOW, since: 9, isKilled: false, latch: null, stable: [OFF] });
    expect(stateAfter(stateAfter(at(OFF), kill), arm)).toMatchObject({
      at: OFF,
      isKilled: false,
      latch: null,
    });
  });
});

describe("pause and resume", () => {
  test("hold and go on, whatever else there is", () => {
    const paused = stateAfter(AT_SHADOW, pause);
    expect(paused).toEqual({ ...AT_SHADOW, isPaused: true });
    expect(refusal(paused, pause)).toContain("paused already: resume goes on");
    expect(stateAfter(paused, { ...resume, reason: "" })).toEqual(AT_SHADOW);
    expect(refusal(AT_SHADOW, resume)).toContain("not paused");
    expect(refusal(AT_SHADOW, { ...pause, reason: "" })).toContain("a pause needs a reason");
  });
});

describe("extend", () => {
  test("puts the end of the legacy off, further each time", () => {
    const extend = { ...ANNA, kind: "extend", toMs: 5_000 } as const;
    const extended = stateAfter(at(LIVE), extend);
    expect(extended).toEqual({ ...at(LIVE), sunsetAtMs: 5_000 });
    expect(refusal(extended, extend)).toContain("extend goes beyond 1970-01-01T00:00:05.000Z alone");
    expect(refusal(at(LIVE), { ...extend, reason: "" })).toContain("needs a reason");
  });
});

describe("actionsFor", () => {
  test("says what can be done, what with force alone, and of the rest why not", () => {
    const actions = actionsFor(at(ramp(5)), { ...TERMS, gate: "insufficient" });
    expect(actions.map(({ action, isAllowed, needsForce }) => [action, isAllowed, needsForce])).toEqual([
      ["promote", true, true],
      ["pause", true, false],
      ["resume", false, false],
      ["rollback", true, false],
      ["kill", true, false],
      ["arm", false, false],
    ]);
    expect(actions[0]?.why).toContain("the gate of ramp 5 % says insufficient");
    expect(actions[2]?.why).toContain("not paused");
  });

  test("asks for somebody who may, or for one person", () => {
    const terms = { ...TERMS, approvers: ["ben"] };
    expect(actionsFor(AT_SHADOW, terms)[0]?.isAllowed).toBe(true);
    expect(actionsFor(AT_SHADOW, terms, "anna")[0]).toMatchObject({ isAllowed: false, needsForce: false });
  });
});

const steps = fc.constantFrom(...STEPS, ramp(10));
const toldBy = fc.constantFrom(ANNA, BY_GATE, BY_TRIPWIRE, { ...ANNA, who: "ben" }, { ...ANNA, reason: "" });
const events: fc.Arbitrary<RolloutEvent> = fc
  .record({
    told: toldBy,
    to: fc.option(steps, { nil: undefined }),
    isForced: fc.boolean(),
    atMs: fc.nat(10_000),
    epoch: fc.nat(50),
  })
  .chain(({ told, to, isForced, ...rest }) =>
    fc.constantFrom<RolloutEvent>(
      { ...told, ...rest, kind: "promote", to, isForced },
      { ...told, ...rest, kind: "promote", isForced },
      { ...told, ...rest, kind: "rollback", to },
      { ...told, ...rest, kind: "pause" },
      { ...told, ...rest, kind: "resume" },
      { ...told, ...rest, kind: "kill" },
      { ...told, ...rest, kind: "arm" },
      { ...told, ...rest, kind: "acknowledged" },
      { ...told, ...rest, kind: "extend", toMs: rest.atMs },
    ),
  );
const termsOf: fc.Arbitrary<Terms> = fc
  .record({
    gate: fc.constantFrom("pass", "pass", "insufficient", "unhealthy", "fail", null),
    advance: fc.constantFrom("approval", "automatic"),
    approvers: fc.constantFrom([], ["ben"]),
    hasUnits: fc.boolean(),
    hasCohorts: fc.boolean(),
    hasDeny: fc.boolean(),
    after: fc.constantFrom([], [], [{ route: "users", at: ramp(25) }]),
    completeBlockers: fc.constantFrom([], ["somebody is there"]),
    salt: fc.constantFrom("a", "b"),
  })
  .map((changes) => ({ ...TERMS, ...changes }) as Terms);
const histories = fc.array(fc.tuple(events, termsOf), { maxLength: 60 });
const RUNS = { numRuns: 500 };

/** Every accepted event with the state before and after; all of them frozen, so that nothing can be changed in place. */
function walk(
  history: readonly (readonly [RolloutEvent, Terms])[],
  check: (before: RouteState, event: RolloutEvent, terms: Terms, state: RouteState | undefined) => void,
): RouteState {
  let state: RouteState = Object.freeze(beginState("shadow", 1));
  for (const [event, terms] of history) {
    const next = nextState(state, event, terms);
    check(state, event, terms, next.ok ? next.state : undefined);
    if (next.ok) state = Object.freeze(next.state);
  }
  return state;
}

describe("over any sequence of events", () => {
  test("the same events give the same state, through JSON too", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const state = walk(history, () => undefined);
        const told = JSON.parse(JSON.stringify(history)) as typeof history;
        expect(walk(told, () => undefined)).toEqual(state);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
      RUNS,
    );
  });

  test("only promote goes forwards, and arm from killed to shadow", () => {
    fc.assert(
      fc.property(histories, (history) => {
        walk(history, (before, event, _, state) => {
          if (state === undefined || event.kind === "promote") return;
          const isLifted = event.kind === "arm" && before.isKilled;
          if (isLifted) expect(isServing(state.at)).toBe(false);
          else expect(compareSteps(state.at, before.at)).toBeLessThanOrEqual(0);
        });
      }),
      RUNS,
    );
  });

  test("what is latched, paused or killed is never promoted, nor by whom it must not be", () => {
    fc.assert(
      fc.property(histories, (history) => {
        walk(history, (before, event, terms, state) => {
          if (state === undefined || event.kind !== "promote") return;
          expect([before.latch, before.isPaused, before.isKilled]).toEqual([null, false, false]);
          expect(compareSteps(state.at, before.at)).toBeGreaterThan(0);
          if (event.role === "parallax")
            expect([terms.gate === "pass" || before.at.stage === "off", terms.advance]).toEqual([
              true,
              "automatic",
            ]);
          else if (terms.approvers.length > 0) expect(terms.approvers).toContain(event.who);
          for (const { at: behind } of terms.after)
            expect(compareSteps(state.at, behind)).toBeLessThanOrEqual(0);
          if (state.at.stage === "complete")
            expect([terms.completeBlockers, terms.hasDeny, terms.gate]).toEqual([[], false, "pass"]);
          if (state.at.stage === "ramp") expect(terms.hasUnits).toBe(true);
        });
      }),
      RUNS,
    );
  });

  test("what is refused says what is possible, and that is never what was refused for good", () => {
    fc.assert(
      fc.property(histories, (history) => {
        walk(history, (before, event, terms) => {
          const next = nextState(before, event, terms);
          if (next.ok) return;
          expect(next.message).not.toBe("");
          for (const kind of next.allowed)
            if (kind !== "promote") {
              const asked = { ...ANNA, kind } as RolloutEvent;
              expect(nextState(before, asked, terms).ok).toBe(true);
            }
        });
      }),
      RUNS,
    );
  });

  test("stable steps ascend, lie before the step, and the salt of who was exposed stays", () => {
    fc.assert(
      fc.property(histories, (history) => {
        walk(history, (before, _, __, state) => {
          if (state === undefined) return;
          const way = [...state.stable, state.at];
          for (const [index, step] of way.slice(1).entries())
            expect(compareSteps(step, way[index] ?? OFF)).toBeGreaterThan(0);
          if (before.salt !== null) expect(state.salt).toBe(before.salt);
          expect(isServing(state.at) && state.salt === null).toBe(false);
          expect(state.isKilled && (state.at.stage !== "off" || state.latch === null)).toBe(false);
        });
      }),
      RUNS,
    );
  });
});
