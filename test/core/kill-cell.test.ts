// Who may set the kill switch's cell and who may take it off, in every order of two threads that meet.
import { expect, test } from "vitest";
import { allocateKillCell, KillCell } from "../../src/core/kill-cell.ts";

const newCell = () => new KillCell(allocateKillCell());

test("is off at first, and as control says", () => {
  const cell = newCell();
  expect(cell.isSet).toBe(false);
  cell.decide("on");
  expect(cell.isSet).toBe(true);
  cell.decide("off");
  expect(cell.isSet).toBe(false);
});

test("is set by a thread that sees the file, and told by the first alone", () => {
  const cell = newCell();
  const [first, second] = [cell.look(), cell.look()];
  expect([cell.note(true, first), cell.note(true, second), cell.isSet]).toEqual([true, false, true]);
});

test("is not taken off because the file is gone: that is control's", () => {
  const cell = newCell();
  cell.note(true, cell.look());
  cell.note(false, cell.look());
  expect(cell.isSet).toBe(true);
});

test("a look that began before control's word changes nothing any more", () => {
  const cell = newCell();
  cell.decide("on");
  const before = cell.look();
  cell.decide("off");
  expect([cell.note(true, before), cell.isSet]).toEqual([false, false]);
  const early = cell.look();
  cell.decide("off");
  expect([cell.note(true, early), cell.isSet]).toEqual([false, false]);
});

test("a file that could not be removed does not set it again; one that is made after it is a new wish", () => {
  const cell = newCell();
  cell.decide("file-overruled");
  expect([cell.note(true, cell.look()), cell.isSet]).toEqual([false, false]);
  cell.note(false, cell.look());
  expect([cell.note(true, cell.look()), cell.isSet]).toEqual([true, true]);
});
