// Files of recorded lines: whole lines only, bounded, and nothing but their own is ever deleted.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RecordSettings } from "../../src/core/snapshot.ts";
import { QUEUED_BYTES_MAX, RETRY_MS, Recorder } from "../../src/shadow/recorder.ts";

let dir = "";
let nowMs = 0;
let written = 0;
let lost = 0;
let failures: string[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "parallax-recorder-"));
  nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  written = 0;
  lost = 0;
  failures = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function recorderOf(settings: Partial<RecordSettings> = {}): Recorder {
  const whole = { dir, samplePercent: 100, fileBytesMax: 1 << 20, filesMax: 10, compress: true };
  return new Recorder(
    { ...whole, ...settings },
    {
      threadId: 3,
      now: () => nowMs++,
      onWritten: (lines) => {
        written += lines;
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
});
