// The chain: whole lines replay to the same states; whatever was changed, lost or swapped is told with its line.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  EMPTY_STANDING,
  type JournalDraft,
  type JournalEntry,
  type JournalStanding,
  replay,
  sealEntry,
  sealHead,
  standingAfter,
  stateAt,
} from "../../src/rollout/journal.ts";
import { SHADOW } from "../../src/rollout/step.ts";
import { ANNA, at, ramp } from "./states.ts";

function draft(route: string, percentage: number, atMs = 1_000): JournalDraft {
  return {
    ...ANNA,
    atMs,
    route,
    epoch: percentage,
    event: "promote",
    from: SHADOW,
    to: ramp(percentage),
    isForced: false,
    gate: null,
    state: at(ramp(percentage), { salt: "parallax" }),
  };
}

function written(drafts: readonly JournalDraft[], begin: JournalStanding = EMPTY_STANDING) {
  const head = sealHead(begin);
  const lines = [head.line];
  const entries: JournalEntry[] = [];
  let { standing } = head;
  for (const told of drafts) {
    const { line, entry } = sealEntry(told, standing);
    lines.push(line);
    entries.push(entry);
    standing = standingAfter(standing, entry);
  }
  return { lines, entries, standing };
}

const DRAFTS = [draft("orders", 1), draft("users", 5), draft("orders", 25)];

describe("replay", () => {
  test("gives the states, the highest epoch and the last sequence", () => {
    const { lines, entries } = written(DRAFTS);
    const read = replay(lines);
    expect(read).toMatchObject({ ok: true, epoch: 25, sequence: 3, hash: entries[2]?.hash });
    expect(read.ok && Object.fromEntries(read.states)).toEqual({
      orders: DRAFTS[2]?.state,
      users: DRAFTS[1]?.state,
    });
    expect(read.ok && read.entries).toEqual(entries);
  });

  test("goes on over files: the first line carries every state, and the chain", () => {
    const before = written(DRAFTS);
    const { lines, standing } = written([draft("users", 50)], before.standing);
    const read = replay(lines);
    expect(read).toMatchObject({ ok: true, sequence: 4, epoch: 50, hash: standing.hash });
    expect(read.ok && [...read.states.keys()]).toEqual(["orders", "users"]);
  });

  test("keeps what a gate could not bound", () => {
    const check = { name: "pairs", subject: "", verdict: "pass", value: 0.1, bound: null } as const;
    const rest = { threshold: 3, samples: 4, unit: "count", text: "enough ✓" } as const;
    const gate = { verdict: "pass", atMs: 1, elapsedMs: 2, checks: [{ ...check, ...rest }] } as const;
    const read = replay(written([{ ...draft("orders", 1), gate }]).lines);
    expect(read.ok && read.entries[0]?.gate).toEqual(gate);
  });

  test("says that there is nothing", () => {
    expect(replay([])).toEqual({ ok: false, line: 1, why: "is missing: the file is empty" });
  });

  test("refuses another file, and one of a newer version", () => {
    expect(replay(['{"kind":"other"}'])).toMatchObject({ ok: false, line: 1 });
    expect(replay(["null"])).toMatchObject({ ok: false, line: 1 });
    const [line = ""] = written([]).lines;
    const newer = replay([line.replace('"version":1', '"version":2')]);
    expect(newer).toMatchObject({
      ok: false,
      why: expect.stringContaining("version 2, of a newer Parallax"),
    });
  });

  test("tells the line of any byte that was changed", () => {
    const { lines } = written(DRAFTS);
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(), fc.integer({ min: 1, max: 94 }), (index, place, by) => {
        const line = lines[index] ?? "";
        const offset = place % line.length;
        const other = String.fromCharCode(32 + ((line.charCodeAt(offset) - 32 + by) % 95));
        const changed = `${line.slice(0, offset)}${other}${line.slice(offset + 1)}`;
        expect(replay(lines.with(index, changed))).toMatchObject({ ok: false, line: index + 1 });
      }),
    );
  });

  test("tells a line that was taken out, doubled or moved, though each matches its own hash", () => {
    const { lines } = written(DRAFTS);
    const [head = "", one = "", two = "", three = ""] = lines;
    expect(replay([head, one, three])).toMatchObject({ ok: false, line: 3 });
    expect(replay([head, one, one, two])).toMatchObject({ ok: false, line: 3 });
    expect(replay([head, two, one, three])).toMatchObject({ ok: false, line: 2 });
    expect(replay([one, two])).toMatchObject({ ok: false, line: 1 });
  });

  test("tells a line of another journal, though it has the number that comes next", () => {
    const { lines } = written(DRAFTS);
    const other = written(DRAFTS.with(0, draft("orders", 100)));
    expect(replay(lines.with(2, other.lines[2] ?? ""))).toMatchObject({
      ok: false,
      line: 3,
      why: expect.stringContaining("does not follow the line before"),
    });
  });

  test("takes one that ends early, which nothing within it can tell", () => {
    const { lines, entries } = written(DRAFTS);
    expect(replay(lines.slice(0, 3))).toMatchObject({ ok: true, hash: entries[1]?.hash });
  });
});

describe("stateAt", () => {
  const { entries } = written([draft("orders", 1, 100), draft("users", 5, 150), draft("orders", 25, 200)]);

  test("is the last entry's of that time or earlier", () => {
    expect(stateAt(entries, "orders", 99)).toBeUndefined();
    expect(stateAt(entries, "orders", 100)?.at).toEqual(ramp(1));
    expect(stateAt(entries, "orders", 199)?.at).toEqual(ramp(1));
    expect(stateAt(entries, "orders", 200)?.at).toEqual(ramp(25));
    expect(stateAt(entries, "basket", 200)).toBeUndefined();
  });

  test("goes by the order of the entries where the clock was set back", () => {
    const back = written([draft("orders", 5, 200), draft("orders", 25, 150)]).entries;
    expect(stateAt(back, "orders", 250)?.at).toEqual(ramp(25));
    expect(stateAt(back, "orders", 199)?.at).toEqual(ramp(25));
  });
});
