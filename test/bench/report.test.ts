import { expect, test } from "vitest";
import { compareRows, notesOn } from "../../bench/goals.ts";
import { placeBetweenMarks, renderMarkdown } from "../../bench/report.ts";
import { failureOf, type Round, type Row, rowsOf } from "../../bench/rounds.ts";
import { notesOnTotals } from "../../bench/scenarios/mirrored.ts";

function round(contestant: string, number: number, cpuMicrosPerRequest: number): Round {
  const latencyMs = { p50: 1, p90: 2, p99: number, p999: 4, max: 5 };
  const load = {
    requests: 100,
    seconds: 1,
    non2xx: 0,
    errors: number === 3 ? 1 : 0,
    unanswered: 0,
    latencyMs,
  };
  return { contestant, round: number, load, requestsPerSecond: 100, cpuMicrosPerRequest };
}

const ROUNDS = [1, 2, 3].flatMap((number) => [round("own", number, 10 + number), round("peer", number, 40)]);
const COMPARISON = {
  goal: "cheap",
  atMost: 0.5,
  of: "own",
  against: "peer",
  value: "cpuMicrosPerRequest",
} as const;

test("a row holds the medians of its rounds and the sum of what went wrong", () => {
  const [own] = rowsOf(ROUNDS);
  expect(own).toMatchObject({ contestant: "own", rounds: 3, cpuMicrosPerRequest: 12, p99Ms: 2, errors: 1 });
});

test("a goal is a ratio of two rows", () => {
  expect(compareRows(COMPARISON, rowsOf(ROUNDS), [])).toMatchObject({ ratio: 0.3, atMost: 0.5 });
});

test("a goal without one of its rows has no ratio, and says why", () => {
  const rows = rowsOf(ROUNDS.filter((each) => each.contestant === "own"));
  const failures = [failureOf("left-out", "peer", "it is not installed")];
  const result = compareRows(COMPARISON, rows, failures);
  expect(result.ratio).toBeUndefined();
  expect(result.detail).toBe("peer: left out: it is not installed");
});

test("a rate that was not held is said, one that was is not", () => {
  const [own] = rowsOf(ROUNDS.slice(0, 1)) as [Row];
  expect(notesOn([{ ...own, requestsPerSecond: 98 }], 100)).toEqual([]);
  expect(notesOn([{ ...own, requestsPerSecond: 97 }], 100)).toHaveLength(1);
  expect(notesOn([{ ...own, requestsPerSecond: 1 }], undefined)).toEqual([]);
});

test("any exchange that was not judged equal is said", () => {
  const clean = { exchanges: 5, match: 5, mismatch: 0, incomparable: 0, skipped: {}, inFlight: 0 };
  expect(notesOnTotals(clean)).toEqual([]);
  for (const stain of [
    { skipped: { "seam-full": 1 } },
    { mismatch: 1 },
    { incomparable: 1 },
    { inFlight: 1 },
  ])
    expect(notesOnTotals({ ...clean, ...stain })).toHaveLength(1);
});

test("the table says yes, no and not measured", () => {
  const goal = { goal: "g", atMost: 1.5, detail: "a | b" };
  const text = renderMarkdown({
    date: "2030-01-01",
    machine: {
      cpu: "c",
      cores: 2,
      memoryGigabytes: 4,
      platform: "p",
      isPinned: false,
      versions: {},
      commit: "abc",
    },
    upstream: "u",
    settings: {},
    scenarios: [
      {
        scenario: "s",
        title: "S",
        rows: rowsOf(ROUNDS),
        rounds: [],
        failures: [],
        notes: ["a note"],
        goals: [
          { ...goal, ratio: 1.5 },
          { ...goal, ratio: 1.51 },
          { ...goal, ratio: undefined },
        ],
      },
    ],
  });
  expect(text).toContain("| g | ≤ 1.5× | 1.50× | yes | a \\| b |");
  expect(text).toContain("| g | ≤ 1.5× | 1.51× | no |");
  expect(text).toContain("| g | ≤ 1.5× | - | not measured |");
  expect(text).toContain("NOT pinned");
  expect(text).toContain("- a note");
});

test("the text replaces what stood between the markers, and only that", () => {
  const readme = "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n";
  const placed = placeBetweenMarks(readme, "new");
  expect(placed).toBe("before\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nafter\n");
  expect(placeBetweenMarks(placed ?? "", "new")).toBe(placed);
  expect(placeBetweenMarks("no markers", "new")).toBeUndefined();
});
