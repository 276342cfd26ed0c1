import { expect, test } from "vitest";
import { BreakerWatch } from "../../src/control/breaker-watch.ts";
import { Counters } from "../../src/core/counters.ts";

const [CLOSED, HALF_OPEN, OPEN] = [0, 1, 2];

function watched() {
  const told: string[] = [];
  const watch = new BreakerWatch((thread, isOpen) => told.push(`${thread} ${isOpen ? "opens" : "closes"}`));
  return { told, watch };
}

function set(counters: Counters, state: number, opened: number): Counters {
  counters.set("breakerState", state);
  counters.set("breakerOpened", opened);
  return counters;
}

test("tells each change once, and no failed probe", () => {
  const { told, watch } = watched();
  const counters = new Counters();
  const states = [CLOSED, OPEN, OPEN, HALF_OPEN, OPEN, HALF_OPEN, CLOSED, CLOSED];
  const opened = [0, 1, 1, 1, 2, 2, 2, 2];
  for (const [i, state] of states.entries()) watch.look(4, set(counters, state, opened[i] ?? 0));
  expect(told).toEqual(["4 opens", "4 closes"]);
});

test("tells what happened between two looks", () => {
  const { told, watch } = watched();
  const counters = new Counters();
  watch.look(0, counters);
  watch.look(0, set(counters, CLOSED, 1));
  watch.look(0, counters);
  expect(told).toEqual(["0 opens", "0 closes"]);
});

test("keeps threads apart, and a new worker begins with a closed breaker", () => {
  const { told, watch } = watched();
  watch.look(0, set(new Counters(), OPEN, 5));
  watch.look(1, new Counters());
  watch.look(0, new Counters());
  watch.look(0, set(new Counters(), OPEN, 1));
  expect(told).toEqual(["0 opens", "0 closes", "0 opens"]);
});

test("says whether any is open, half-open ones too, until they close", () => {
  const { watch } = watched();
  const [one, other] = [new Counters(), new Counters()];
  const isOpen = (state: number) => {
    watch.look(0, set(one, CLOSED, 0));
    watch.look(1, set(other, state, 1));
    return watch.isAnyOpen;
  };
  expect([isOpen(CLOSED), isOpen(OPEN), isOpen(HALF_OPEN), isOpen(CLOSED)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
