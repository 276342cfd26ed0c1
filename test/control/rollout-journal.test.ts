// The journal on disk: what was answered for is there after any end of the process, what was not has no effect, and
// what cannot be read is left alone. Real files, a real disk that is full, a real SIGKILL.
import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { FileHandle } from "node:fs/promises";
import * as files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, onTestFinished, test } from "vitest";
import type { JournalIo } from "../../src/control/journal-file.ts";
import { JOURNAL_ARCHIVES_MAX } from "../../src/control/journal-pages.ts";
import {
  JOURNAL_FILE,
  JOURNAL_QUEUED_MAX,
  type JournalOptions,
  RolloutJournal,
} from "../../src/control/rollout-journal.ts";
import { type JournalEntry, type JournalHead, replay } from "../../src/rollout/journal.ts";
import { journalDraft } from "./journal-drafts.ts";

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "parallax-journal-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function openJournal(directory: string, options: JournalOptions = {}) {
  const opened = await RolloutJournal.open(directory, options);
  if (!opened.ok) throw new Error(opened.message);
  onTestFinished(() => opened.journal.close());
  return opened;
}

async function failureOf(directory: string): Promise<string> {
  const opened = await RolloutJournal.open(directory);
  if (!opened.ok) return opened.message;
  await opened.journal.close();
  return "";
}

async function appended(journal: RolloutJournal, count: number, route = "orders"): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    const answer = await journal.append(journalDraft(route, journal.sequence + 1));
    if (!answer.ok) throw new Error(answer.message);
  }
}

function replayed(path: string) {
  return replay(readFileSync(path, "utf8").trimEnd().split("\n"));
}

/** A directory with a closed journal of `count` entries. */
async function journalOf(count: number): Promise<{ directory: string; path: string }> {
  const directory = temporary();
  const { journal } = await openJournal(directory);
  await appended(journal, count);
  await journal.close();
  return { directory, path: join(directory, JOURNAL_FILE) };
}

describe("a journal", () => {
  test("begins empty, for its owner alone", async () => {
    const directory = join(temporary(), "data");
    const { journal, warnings } = await openJournal(directory);
    expect(warnings).toEqual([]);
    expect([journal.states.size, journal.epoch, journal.sequence]).toEqual([0, 0, 0]);
    expect(statSync(journal.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual([JOURNAL_FILE]);
  });

  test("has every entry in the file before it answers, in a chain that replays", async () => {
    const { journal } = await openJournal(temporary());
    for (const number of [1, 2, 3]) {
      const answer = await journal.append(journalDraft("orders", number));
      const read = replayed(journal.path);
      expect(read).toMatchObject({ ok: true, sequence: number });
      expect(read.ok && answer.ok && read.entries.at(-1)).toEqual(answer.ok && answer.entry);
    }
  });

  test("knows after a restart what it knew before, and goes on", async () => {
    const { directory } = await journalOf(3);
    const { journal, warnings } = await openJournal(directory);
    expect(warnings).toEqual([]);
    expect([journal.epoch, journal.sequence]).toEqual([3, 3]);
    expect(journal.states.get("orders")).toEqual(journalDraft("orders", 3).state);
    expect(await journal.append(journalDraft("users", 4))).toMatchObject({
      ok: true,
      entry: { sequence: 4 },
    });
    expect([...journal.states.keys()]).toEqual(["orders", "users"]);
  });

  test("writes what is asked at once one after the other, in the order asked", async () => {
    const { journal } = await openJournal(temporary());
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((number) => journal.append(journalDraft("orders", number))),
    );
    expect(answers.map((answer) => answer.ok && [answer.entry.sequence, answer.entry.epoch])).toEqual(
      [1, 2, 3, 4, 5].map((number) => [number, number]),
    );
    expect(replayed(journal.path)).toMatchObject({
      ok: true,
      sequence: 5,
    });
  });

  test("lets so many wait, and not one more", async () => {
    const { journal } = await openJournal(temporary());
    const answers = await Promise.all(
      Array.from({ length: JOURNAL_QUEUED_MAX + 1 }, (_, index) =>
        journal.append(journalDraft("orders", index)),
      ),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(JOURNAL_QUEUED_MAX);
    expect(answers.at(-1)).toMatchObject({ ok: false, message: expect.stringContaining("try again later") });
    expect(await journal.append(journalDraft("orders", 1))).toMatchObject({ ok: true });
  });

  test("writes a decision without its evidence rather than nothing that could be read", async () => {
    const { journal } = await openJournal(temporary());
    const broken = { verdict: "fail", atMs: 1, elapsedMs: Number.NaN, checks: [] } as const;
    const answer = await journal.append(journalDraft("orders", 1, { gate: broken }));
    expect(answer).toMatchObject({ ok: true, entry: { gate: null } });
    expect(await journal.append(journalDraft("orders", Number.NaN))).toMatchObject({ ok: false });
    expect(await journal.append(journalDraft("orders", 2))).toMatchObject({
      ok: true,
      entry: { sequence: 2 },
    });
  });

  test("says that it is closed", async () => {
    const { journal } = await openJournal(temporary());
    await journal.close();
    expect(await journal.append(journalDraft("orders", 1))).toMatchObject({ ok: false });
  });

  test("is tightened where others could read it", async () => {
    const { directory, path } = await journalOf(1);
    chmodSync(path, 0o644);
    const { warnings } = await openJournal(directory);
    expect(warnings).toEqual([`${path}: others could read it: its mode is 0600 now`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe("at the start", () => {
  test("a last line that was not finished is cut off, whatever is left of it", async () => {
    const { directory, path } = await journalOf(3);
    const whole = readFileSync(path);
    const before = whole.subarray(0, whole.lastIndexOf(10, whole.length - 2) + 1);
    for (const rest of [1, 40, whole.length - before.length - 1]) {
      truncateSync(path, before.length + rest);
      const { journal, warnings } = await openJournal(directory);
      expect(warnings).toEqual([expect.stringContaining(`${rest} bytes of a line that was never finished`)]);
      expect(journal.sequence).toBe(2);
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(await journal.append(journalDraft("orders", 3))).toMatchObject({ ok: true });
      await journal.close();
      expect(readFileSync(path).equals(whole)).toBe(true);
    }
  });

  test("a last line that a power cut left as zeros is cut off", async () => {
    const { directory, path } = await journalOf(3);
    const bytes = readFileSync(path);
    const from = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    writeFileSync(path, Buffer.from(bytes).fill(0, from, from + 50));
    const { journal, warnings } = await openJournal(directory);
    expect(warnings).toHaveLength(1);
    expect(journal.sequence).toBe(2);
  });

  test("zeros in front of whole lines are no torn end", async () => {
    const { directory, path } = await journalOf(3);
    const bytes = readFileSync(path);
    const from = bytes.indexOf(10) + 1;
    writeFileSync(path, Buffer.from(bytes).fill(0, from, from + 50));
    expect(await failureOf(directory)).toContain("line 2 does not match its hash");
  });

  test.each([
    ["a changed byte in the middle", 3, (text: string) => text.replace("the 2th", "the 9th")],
    ["a changed byte in the last line", 4, (text: string) => text.replace("the 3th", "the 9th")],
    ["a changed first line", 1, (text: string) => text.replace('"epoch":0', '"epoch":1')],
    ["a line that is missing", 3, (text: string) => text.split("\n").toSpliced(2, 1).join("\n")],
    ["an empty file", 1, () => ""],
    ["another file", 1, () => "hello\nworld\n"],
  ])("%s is refused with its line, and left alone", async (_, line, change) => {
    const { directory, path } = await journalOf(3);
    const changed = change(readFileSync(path, "utf8"));
    writeFileSync(path, changed);
    const message = await failureOf(directory);
    expect(message).toContain(`${path}: line ${line} `);
    expect(message).toContain("nothing was changed; restore it from a backup, or move it");
    expect(message).not.toContain("\n");
    expect(readFileSync(path, "utf8")).toBe(changed);
  });

  test("a file that cannot be opened is said in one line", async () => {
    const { directory, path } = await journalOf(1);
    rmSync(path);
    await files.mkdir(path);
    expect(await failureOf(directory)).toBe(
      `the rollout journal cannot be opened (EISDIR, ${path}): look at the disk and try again`,
    );
  });
});

describe("while it runs", () => {
  test("a file that is gone begins anew with every route's state, and the chain goes on", async () => {
    const warnings: string[] = [];
    const directory = temporary();
    const { journal } = await openJournal(directory, { warn: (message) => warnings.push(message) });
    await appended(journal, 2);
    await appended(journal, 1, "users");
    const { hash } = journal;
    rmSync(journal.path);
    expect(await journal.append(journalDraft("users", 4))).toMatchObject({
      ok: true,
      entry: { sequence: 4 },
    });
    expect(warnings).toEqual([expect.stringContaining("is gone: it begins anew")]);
    expect(readFileSync(journal.path, "utf8")).toContain(`"previous":"${hash}"`);
    await journal.close();
    const again = await openJournal(directory);
    expect([...again.journal.states.keys()]).toEqual(["orders", "users"]);
    expect(again.journal.states.get("orders")).toEqual(journalDraft("orders", 2).state);
  });

  test("a file that somebody else wrote to, or put in its place, is not written to", async () => {
    const directory = temporary();
    const { journal } = await openJournal(directory);
    await appended(journal, 2);
    const whole = readFileSync(journal.path);
    writeFileSync(journal.path, Buffer.concat([whole, Buffer.from("more\n")]));
    expect(await journal.append(journalDraft("orders", 3))).toMatchObject({
      ok: false,
      message: `${journal.path} was changed by somebody else: nothing was done; restart Parallax to read it`,
    });
    renameSync(journal.path, `${journal.path}.moved`);
    writeFileSync(journal.path, whole);
    expect(await journal.append(journalDraft("orders", 3))).toMatchObject({ ok: false });
    expect(readFileSync(journal.path).equals(whole)).toBe(true);
    expect(journal.sequence).toBe(2);
  });
});

type Fault = "write" | "datasync" | "truncate";

/** A disk on which what `faults` names fails; of what is written, `bytes` arrive. */
function failing(faults: Set<Fault>, bytes: number): JournalIo {
  const fail = () => Promise.reject(Object.assign(new Error("a disk"), { code: "EIO" }));
  const broken = (handle: FileHandle): FileHandle =>
    new Proxy(handle, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (!faults.has(name as Fault)) return value.bind(target) as unknown;
        if (name !== "write") return fail;
        return async (buffer: Buffer, offset: number, _length: number, position: number) => {
          await target.write(buffer, offset, bytes, position);
          return fail();
        };
      },
    });
  return {
    ...files,
    open: async (...asked: Parameters<typeof files.open>) => broken(await files.open(...asked)),
  };
}

describe("a disk that fails", () => {
  test.each(["write", "datasync"] as const)("at %s: nothing was done, and later appends work", async (at) => {
    const faults = new Set<Fault>();
    const { journal } = await openJournal(temporary(), { io: failing(faults, 30) });
    await appended(journal, 2);
    const before = readFileSync(journal.path);
    faults.add(at);
    expect(await journal.append(journalDraft("orders", 3))).toEqual({
      ok: false,
      message: `the rollout journal cannot be written (EIO, ${journal.path}): nothing was done; look at the disk and try again`,
    });
    expect(readFileSync(journal.path).equals(before)).toBe(true);
    expect([journal.sequence, journal.states.get("orders")?.since]).toEqual([2, 2]);
    faults.clear();
    expect(await journal.append(journalDraft("orders", 3))).toMatchObject({
      ok: true,
      entry: { sequence: 3 },
    });
    expect(replayed(journal.path)).toMatchObject({
      ok: true,
      sequence: 3,
    });
  });

  test("what could not be cut off at once is cut off before the next line, and until then nothing is written", async () => {
    const faults = new Set<Fault>();
    const { journal } = await openJournal(temporary(), { io: failing(faults, 400) });
    await appended(journal, 2);
    const { size } = statSync(journal.path);
    faults.add("write").add("truncate");
    expect(await journal.append(journalDraft("orders", 3))).toMatchObject({ ok: false });
    expect(statSync(journal.path).size).toBe(size + 400);
    faults.delete("write");
    expect(await journal.append(journalDraft("orders", 3))).toMatchObject({ ok: false });
    expect(statSync(journal.path).size).toBe(size + 400);
    faults.clear();
    expect(await journal.append(journalDraft("orders", 3))).toMatchObject({ ok: true });
    expect(replayed(journal.path)).toMatchObject({ ok: true, sequence: 3 });
  });
});

const DRIVER = join(import.meta.dirname, "journal-driver.ts");
const FULL_DRIVER = join(import.meta.dirname, "journal-full-driver.ts");

/** Runs the driver until it dies; answers the last sequence that it was answered for. */
async function dieAt(
  directory: string,
  ...point: readonly string[]
): Promise<{ signal: string | null; answered: number }> {
  const child = spawn(process.execPath, [DRIVER, directory, ...point], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  for await (const chunk of child.stdout) told += String(chunk);
  const signal = await new Promise<string | null>((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done(child.signalCode);
    else child.once("exit", (_, by) => done(by));
  });
  return { signal, answered: Number(told.trimEnd().split("\n").at(-1)) };
}

describe("kill -9", () => {
  test.each([
    ["before-write", "3", "0", 2],
    ["within-write", "3", "1", 2],
    ["within-write", "3", "300", 2],
    ["within-write", "3", "100000", 3],
    ["after-write", "3", "0", 3],
    ["after-sync", "3", "0", 3],
    // The 14th is what the first file has no room for.
    ["before-copy", "14", "0", 13],
    ["before-rename-1", "14", "0", 13],
    ["after-rename-1", "14", "0", 13],
    ["within-write", "14", "200", 13],
    ["before-rename-2", "14", "0", 13],
    ["after-rename-2", "14", "0", 13],
  ])("%s of append %s (%s bytes): what was answered for is there", async (point, append, bytes, there) => {
    const directory = temporary();
    const { signal, answered } = await dieAt(directory, point, append, bytes);
    expect(signal).toBe("SIGKILL");
    expect(answered).toBe(Number(append) - 1);
    const { journal, warnings } = await openJournal(directory, { fileBytesMax: 8_000, recentMax: 5 });
    expect(journal.sequence).toBe(there);
    expect(journal.states.get("orders")).toEqual(journalDraft("orders", there).state);
    expect(warnings).toHaveLength(point === "within-write" && append === "3" && there === answered ? 1 : 0);
    // It goes on as if nothing had been, and every entry is there once.
    await appended(journal, 15);
    const page = await journal.page({ route: undefined, before: undefined, limit: 100 });
    const expected = Array.from({ length: there + 15 }, (_, index) => there + 15 - index);
    expect(page.ok && page.entries.map(({ sequence }) => sequence)).toEqual(expected);
  });
});

describe("a disk that is full", () => {
  test("takes no entry, keeps those that are there, and takes them again when there is room", async () => {
    const directory = temporary();
    // What a file may hold at most, in blocks: the system's own limit, so that the disk is full for this process alone.
    const child = spawn(
      "sh",
      ["-c", 'ulimit -S -f 16 && exec "$0" "$@"', process.execPath, FULL_DRIVER, directory],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const told = JSON.parse((await lines.next()).value ?? "") as { sequence: number; message: string };
    const path = join(directory, JOURNAL_FILE);
    expect(told.message).toBe(
      `the rollout journal cannot be written (EFBIG, ${path}): nothing was done; make room on the disk and try again`,
    );
    expect(replayed(path)).toMatchObject({ ok: true, sequence: told.sequence });
    execFileSync("prlimit", ["--pid", String(child.pid), "--fsize=unlimited"]);
    child.stdin.end("go on\n");
    expect(JSON.parse((await lines.next()).value ?? "")).toEqual({ sequence: told.sequence + 1 });
    expect(replayed(path)).toMatchObject({ ok: true, sequence: told.sequence + 1 });
  });
});

describe("older entries", () => {
  async function long(count: number) {
    const directory = temporary();
    const { journal } = await openJournal(directory, { fileBytesMax: 8_000, recentMax: 5 });
    for (let number = 1; number <= count; number += 1)
      await journal.append(journalDraft(number % 10 === 0 ? "users" : "orders", number));
    return { directory, journal };
  }

  test("are read by pages from the files, the chain unbroken over all of them", async () => {
    const { directory, journal } = await long(60);
    expect(readdirSync(directory).length).toBeGreaterThan(3);
    const entries: JournalEntry[] = [];
    for (let before: number | undefined; ; ) {
      const page = await journal.page({ route: undefined, before, limit: 7 });
      if (!page.ok) throw new Error(page.message);
      entries.push(...page.entries);
      if (page.before === null) break;
      before = page.before;
    }
    const all = entries.map(({ sequence }) => sequence);
    // Between two files the chain goes over the first line of the newer one.
    const heads = readdirSync(directory)
      .map(
        (name) => JSON.parse(readFileSync(join(directory, name), "utf8").split("\n")[0] ?? "") as JournalHead,
      )
      .map(({ hash, previous }) => [hash, previous] as const);
    const followed = (previous: string) => new Map(heads).get(previous) ?? previous;
    for (const [index, { hash }] of entries.slice(1).entries())
      expect(followed(entries[index]?.previous ?? "")).toBe(hash);
    expect(all).toEqual(Array.from({ length: 60 }, (_, index) => 60 - index));
  });

  test("are told once where a process ended between the copy of a file and the new one", async () => {
    const { directory, path } = await journalOf(10);
    await files.copyFile(path, `${path}.000000000010`);
    const { journal } = await openJournal(directory, { recentMax: 2 });
    await appended(journal, 3);
    const page = await journal.page({ route: undefined, before: undefined, limit: 100 });
    expect(page.ok && page.entries.map(({ sequence }) => sequence)).toEqual([
      13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
  });

  test("of one route, without the others", async () => {
    const { journal } = await long(60);
    const page = await journal.page({ route: "users", before: 51, limit: 3 });
    expect(page.ok && page.entries.map(({ sequence }) => sequence)).toEqual([50, 40, 30]);
    expect(page.ok && page.before).toBe(30);
    const last = await journal.page({ route: "users", before: 30, limit: 3 });
    expect(last).toMatchObject({ ok: true, before: null });
    expect(last.ok && last.entries.map(({ sequence }) => sequence)).toEqual([20, 10]);
  });

  test("tell where a route stood long ago, also after a restart", async () => {
    const { directory, journal } = await long(60);
    expect(await journal.stateAt("users", 1_025)).toEqual(journalDraft("users", 20).state);
    expect(await journal.stateAt("users", 1_009)).toBeNull();
    await journal.close();
    const again = await openJournal(directory, { fileBytesMax: 8_000, recentMax: 5 });
    expect(await again.journal.stateAt("orders", 1_031)).toEqual(journalDraft("orders", 31).state);
    expect(again.journal.recent({ route: undefined, before: undefined, limit: 100 })).not.toHaveLength(0);
  });

  test("go with the oldest file, past so many files", async () => {
    const { directory, journal } = await long(200);
    expect(readdirSync(directory)).toHaveLength(JOURNAL_ARCHIVES_MAX + 1);
    const page = await journal.page({ route: undefined, before: undefined, limit: 1_000 });
    expect(page.ok && page.entries.length).toBeLessThan(150);
    expect(page.ok && page.entries.length).toBeGreaterThan(80);
    expect(journal.states.get("users")).toEqual(journalDraft("users", 200).state);
  });

  test("are no reason to begin again where the newest file is missing", async () => {
    const { directory, journal } = await long(60);
    await journal.close();
    rmSync(journal.path);
    expect(await failureOf(directory)).toContain("rollout.journal: it is missing, and ");
    expect(readdirSync(directory)).not.toContain(JOURNAL_FILE);
  });

  test("a full file that cannot be put aside goes on, with a warning", async () => {
    const warnings: string[] = [];
    const io: JournalIo = {
      ...files,
      copyFile: () => Promise.reject(Object.assign(new Error(), { code: "ENOSPC" })),
    };
    const { journal } = await openJournal(temporary(), {
      fileBytesMax: 2_000,
      io,
      warn: (text) => warnings.push(text),
    });
    await appended(journal, 6);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings[0]).toContain("no other file could be begun (ENOSPC): it goes on in it");
    expect(replayed(journal.path)).toMatchObject({ ok: true, sequence: 6 });
  });
});
