import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCheckpoint, writeCheckpoint } from "../../src/replay/checkpoint.ts";
import { Ledger } from "../../src/replay/ledger.ts";
import { findRecordings } from "../../src/replay/recording-files.ts";
import { lines, recorded, temporaryFolder, writeIn } from "./recordings.ts";

const leftOut = { kind: "left-out" } as const;

describe("a ledger", () => {
  test("counts each entry once, in whatever order they end", () => {
    const ledger = new Ledger();
    for (const index of [2, 0, 4]) ledger.count(index, leftOut);
    expect(ledger.state).toMatchObject({ next: 1, beyond: [2, 4], sums: { entries: 3, leftOut: 3 } });
    expect([0, 1, 2, 3, 4, 5].map((index) => ledger.has(index))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    ledger.count(1, { kind: "unreadable" });
    expect(ledger.state).toMatchObject({ next: 3, beyond: [4], sums: { entries: 4, unreadable: 1 } });
  });

  test("goes on from what it said, and leaves that as it was", () => {
    const before = new Ledger();
    before.count(1, leftOut);
    const { state } = before;
    const after = new Ledger(state);
    after.count(0, leftOut);
    expect(after.state).toMatchObject({ next: 2, beyond: [], sums: { entries: 2 } });
    expect(state.sums.entries).toBe(1);
  });
});

describe("a checkpoint", () => {
  const settings = { "--candidate": "http://a" };

  function written() {
    const folder = temporaryFolder();
    const name = writeIn(folder, "a.ndjson", lines([recorded(0), recorded(1)]));
    const ledger = new Ledger();
    ledger.count(0, { kind: "failed", reason: "legacy-timeout", detail: "x" });
    const of = { files: findRecordings([name]), settings };
    const file = `${folder}/checkpoint`;
    writeCheckpoint(file, of, ledger.state);
    return { folder, name, of, file, state: ledger.state };
  }

  test("is read as it was written, and nothing lies beside it", () => {
    const { folder, of, file, state } = written();
    expect(readCheckpoint(file, of)).toEqual(state);
    expect(readdirSync(folder).sort()).toEqual(["a.ndjson", "checkpoint"]);
  });

  test("that is not there is none", () => {
    const { of, file } = written();
    expect(readCheckpoint(`${file}.no`, of)).toBeUndefined();
  });

  test("of a file that is another now is refused", () => {
    const { folder, name, of, file } = written();
    writeIn(folder, "a.ndjson", lines([recorded(0), recorded(9)]));
    expect(() => readCheckpoint(file, { ...of, files: findRecordings([name]) })).toThrow(/was another file/);
    expect(() => readCheckpoint(file, { ...of, files: [] })).toThrow(/is of 1 files, not 0/);
  });

  test("of another build is refused", () => {
    const { of, file } = written();
    expect(() => readCheckpoint(file, { ...of, settings: { "--candidate": "http://b" } })).toThrow(
      /is of --candidate http:\/\/a, not http:\/\/b/,
    );
  });

  test.each(["", "{", "[]", '{"schemaVersion":2}'])("that is none is refused: %j", (text) => {
    const { folder, of } = written();
    expect(() => readCheckpoint(writeIn(folder, "other", text), of)).toThrow(
      /is no checkpoint of this version/,
    );
  });

  test("holds no value that was refilled or sent", () => {
    const { file } = written();
    expect(Object.keys(JSON.parse(readFileSync(file, "utf8")))).toEqual([
      "schemaVersion",
      "files",
      "settings",
      "next",
      "beyond",
      "sums",
    ]);
  });

  test("that cannot be written ends the replay", () => {
    const { of, state } = written();
    expect(() => writeCheckpoint("/nowhere/at/all", of, state)).toThrow(/cannot be written \(ENOENT\)/);
  });
});
