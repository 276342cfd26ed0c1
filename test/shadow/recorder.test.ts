// Files of recorded lines: whole lines only, bounded, and nothing but their own is ever deleted.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RecordSettings } from "../../src/core/snapshot.ts";
import { QUEUED_BYTES_MAX, RETRY_MS, Recorder } from "../../src/shadow/recorder.ts";
import { prepareRecordingDirectory } from "../../src/shadow/recording-directory.ts";

let dir = "";
let nowMs = 0;
let written = 0;
let writtenBytes = 0;
let begun = 0;
let lost = 0;
let failures: string[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "parallax-recorder-"));
  nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  written = 0;
  writtenBytes = 0;
  begun = 0;
  lost = 0;
  failures = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function recorderOf(settings: Partial<RecordSettings> = {}): Recorder {
  const whole = {
    dir,
    samplePercent: 100,
    methods: undefined,
    fileBytesMax: 1 << 20,
    filesMax: 10,
    compress: true,
  };
  return new Recorder(
    { ...whole, ...settings },
    {
      threadId: 3,
      now: () => nowMs++,
      onWritten: (lines, bytes) => {
        written += lines;
        writtenBytes += bytes;
      },
      onFile: () => {
        begun++;
      },
      onLost: (lines) => {
        lost += lines;
      },
      reportFailure: (code, detail) => failures.push(`${code} ${detail}`),
    },
  );
}
const files = () => readdirSync(dir).sort();

describe("a recorder", () => {
  test("keeps whole lines in one file of its owner's, under its last name when it is complete", async () => {
    const recorder = recorderOf();
    recorder.add("one");
    await recorder.flush();
    const [part = ""] = files();
    expect(part).toMatch(/^20260102T030405\d{3}Z-3-0\.ndjson\.gz\.part$/);
    // What a killed process leaves is whole as far as it goes.
    expect(gunzipSync(readFileSync(join(dir, part))).toString()).toBe("one\n");
    recorder.add("two");
    await recorder.close();
    expect(files()).toEqual([part.replace(".part", "")]);
    const path = join(dir, files()[0] ?? "");
    expect(gunzipSync(readFileSync(path)).toString()).toBe("one\ntwo\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect([written, lost, failures]).toEqual([2, 0, []]);
    expect([begun, writtenBytes]).toEqual([1, statSync(path).size]);
  });

  test.each([-1, 0, 1])("begins the next file with %i bytes beyond what one may hold", async (more) => {
    const recorder = recorderOf({ compress: false, fileBytesMax: 20 });
    recorder.add("x".repeat(9));
    await recorder.flush();
    recorder.add("y".repeat(9 + more));
    await recorder.close();
    expect(files()).toHaveLength(more > 0 ? 2 : 1);
    expect(files().every((name) => name.endsWith(".ndjson"))).toBe(true);
  });

  test.each([-1, 0, 1])(
    "with %i files more than are kept deletes the oldest, and nobody else's",
    async (more) => {
      writeFileSync(join(dir, "20250101T000000000Z-notes.ndjson"), "mine");
      const recorder = recorderOf({ compress: false, fileBytesMax: 1, filesMax: 2 });
      for (let n = 0; n < 2 + more; n++) {
        recorder.add(`line ${n}`);
        await recorder.flush();
      }
      await recorder.close();
      const own = files().filter((name) => name.includes("Z-3-"));
      expect(own).toHaveLength(2 + Math.min(more, 0));
      expect(readFileSync(join(dir, own[0] ?? ""), "utf8")).toBe(`line ${Math.max(more, 0)}\n`);
      expect(files()).toContain("20250101T000000000Z-notes.ndjson");
    },
  );

  test.each([-1, 0, 1])("takes %i bytes beyond what may wait only as far as there is room", (more) => {
    const recorder = recorderOf();
    recorder.add("x".repeat(QUEUED_BYTES_MAX - 1 + more));
    expect(lost).toBe(more > 0 ? 1 : 0);
    expect(recorder.hasRoom).toBe(more !== 0);
  });

  test("that cannot write says so once, counts what is lost, and tries again later", async () => {
    const blocked = join(dir, "file");
    writeFileSync(blocked, "");
    const recorder = recorderOf({ dir: join(blocked, "below") });
    recorder.add("one");
    await recorder.flush();
    expect([written, lost, failures.length]).toEqual([0, 1, 1]);
    recorder.add("two");
    await recorder.flush();
    expect([lost, failures.length]).toEqual([1, 1]);
    rmSync(blocked);
    nowMs += RETRY_MS;
    await recorder.close();
    expect([written, lost, failures.length]).toEqual([1, 1, 1]);
  });

  test("that ends soon after a failure tries once more, and counts what it cannot write", async () => {
    const blocked = join(dir, "file");
    writeFileSync(blocked, "");
    const recorder = recorderOf({ dir: join(blocked, "below") });
    recorder.add("one");
    await recorder.flush();
    recorder.add("two");
    await recorder.close();
    expect([written, lost]).toEqual([0, 2]);
  });

  test("whose directory is deleted says so, and goes on in a new one", async () => {
    const below = join(dir, "below");
    const recorder = recorderOf({ dir: below, compress: false });
    recorder.add("one");
    await recorder.flush();
    rmSync(below, { recursive: true });
    recorder.add("two");
    await recorder.flush();
    expect(failures).toEqual([expect.stringMatching(/^record-failed .*: deleted while it was written/)]);
    recorder.add("three");
    await recorder.close();
    expect(readdirSync(below).map((name) => readFileSync(join(below, name), "utf8"))).toEqual([
      "two\nthree\n",
    ]);
    expect([written, lost, begun]).toEqual([3, 0, 2]);
  });

  test("takes over what a lost thread with its id left, and nothing of another one", async () => {
    const left = (thread: number) => `20260101T000000000Z-${thread}-0.ndjson.part`;
    for (const thread of [3, 33]) writeFileSync(join(dir, left(thread)), `of ${thread}\n`);
    const recorder = recorderOf({ compress: false });
    recorder.add("one");
    await recorder.close();
    expect(files().slice(0, 2)).toEqual([left(3).replace(".part", ""), left(33)]);
    expect([written, lost, failures]).toEqual([1, 0, []]);
  });

  test("keeps its file when another process takes it for left behind", async () => {
    const recorder = recorderOf({ compress: false });
    recorder.add("one");
    await recorder.flush();
    prepareRecordingDirectory(dir);
    recorder.add("two");
    await recorder.close();
    expect(files().map((name) => readFileSync(join(dir, name), "utf8"))).toEqual(["one\ntwo\n"]);
    expect([written, lost, failures]).toEqual([2, 0, []]);
  });

  test("deletes the oldest beside others that do the same", async () => {
    const recorders = [0, 1, 2, 3].map(() => recorderOf({ compress: false, fileBytesMax: 1, filesMax: 2 }));
    for (let round = 0; round < 20; round++) {
      for (const recorder of recorders) recorder.add(`round ${round}`);
      await Promise.all(recorders.map((recorder) => recorder.flush()));
    }
    await Promise.all(recorders.map((recorder) => recorder.close()));
    expect([written, lost, failures]).toEqual([80, 0, []]);
    expect(files()).toHaveLength(2);
  });
});
