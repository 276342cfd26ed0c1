// Faults of disk and file, on real files. In all of them `record` and `flush` neither throw nor wait long.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { CORRUPT_FILES_MAX, SCHEMA_VERSION } from "../../src/store/sqlite-schema.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { STORE_LIMITS } from "../../src/store/store.ts";
import {
  answerOf,
  batch,
  endpointDelta,
  makeDirectory,
  openStore,
  sample,
  signatureDelta,
} from "./fixtures.ts";

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const open = (directory: string) => openSqliteStore({ directory, clock: systemClock, log: SILENT });
const fileOf = (directory: string) => join(directory, "parallax.db");
const errorsOf = (logged: readonly { level: string; message: string }[]) =>
  logged.filter((line) => line.level === "error").map((line) => line.message);

/** Another process's grip on the file; not while a store holds it. */
function connect(directory: string): DatabaseSync {
  return new DatabaseSync(fileOf(directory));
}

/** The one way to meet a lock while running: the file was taken away, and another process began the new one first. */
function takeOver(directory: string): () => void {
  rmSync(fileOf(directory));
  const other = connect(directory);
  other.exec("BEGIN EXCLUSIVE");
  return () => other.close();
}

test("nothing is mapped into memory that another process could cut", async () => {
  const { store, directory } = openStore();
  for (let n = 0; n < 2; n++) {
    store.record(batch({ endpoints: [endpointDelta()] }));
    await store.flush();
    expect(readdirSync(directory).sort()).toEqual(["parallax.db", "parallax.db-wal"]);
    expect(answerOf(await store.totals()).exchanges).toBe(10 * (n + 1));
  }
});

test("one store per file: a second one is refused until the first is closed, and says what to do", async () => {
  const { store, directory } = openStore();
  const refused = open(directory);
  expect(refused).toMatchObject({ kind: "failed", code: "locked" });
  if (refused.kind !== "failed") throw new Error("opened");
  expect(refused.message).toContain(fileOf(directory));
  expect(refused.message).toContain("one Parallax per data directory");
  expect(refused.message).not.toContain("\n");
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.close();
  expect(answerOf(await openStore({}, directory).store.totals()).exchanges).toBe(10);
});

test("a file that another process took over costs no count: it is said once, and written when the lock is gone", async () => {
  const { store, directory, logged } = openStore();
  const letGo = takeOver(directory);
  for (let n = 0; n < 3; n++) {
    store.record(batch({ endpoints: [endpointDelta()] }));
    await store.flush();
  }
  expect(store.health()).toMatchObject({
    kind: "failing",
    code: "locked",
    failedFlushes: 3,
    lost: { batches: 0 },
  });
  expect(errorsOf(logged)).toEqual([
    expect.stringContaining("moved or deleted"),
    expect.stringContaining("another process holds the file"),
  ]);
  letGo();
  await store.flush();
  expect(store.health()).toMatchObject({ kind: "ok", failedFlushes: 3 });
  expect(answerOf(await store.totals()).exchanges).toBe(30);
  expect(logged.at(-1)).toEqual({ level: "info", message: "the store works again" });
});

test("what waits behind a locked file stays within its bounds, and what does not fit is counted", async () => {
  const { store, directory } = openStore({ endpointsMax: 2, signaturesMax: 2, queuedSamplesMax: 2 });
  const letGo = takeOver(directory);
  for (let n = 0; n < 10; n++) {
    store.record(
      batch({
        endpoints: [endpointDelta({ endpoint: `GET /${n}` })],
        signatures: [signatureDelta({ id: `${n}` })],
        samples: [sample(`${n}`)],
      }),
    );
    await store.flush();
  }
  expect(store.health().lost).toEqual({ batches: 8, signatures: 8, samples: 8 });
  letGo();
  await store.flush();
  expect(answerOf(await store.totals())).toMatchObject({ exchanges: 100, signatures: 2, samples: 2 });
});

test("a full disk leaves the file as it was, is said once, and the counts are written when there is room", async () => {
  const { store, logged, advance } = openStore({ fileBytesMax: 300_000 });
  const request = { ...sample("").request, body: "x".repeat(60_000) };
  const full = (n: number) => sample(`s${n}`, { request });
  store.record(batch({ endpoints: [endpointDelta()], samples: [full(1)] }));
  await store.flush();
  store.record(batch({ endpoints: [endpointDelta()], samples: [full(2), full(3)] }));
  await store.flush();
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.flush();
  expect(store.health()).toMatchObject({ kind: "failing", code: "disk-full", failedFlushes: 2 });
  expect(answerOf(await store.totals())).toMatchObject({ exchanges: 10, samples: 1 });
  expect(errorsOf(logged)).toEqual([expect.stringContaining("the disk is full")]);

  // The first sample's time is over, and its room free.
  advance(STORE_LIMITS.sampleAgeMsMax + 1);
  await store.flush();
  expect(store.health()).toMatchObject({ kind: "ok", lost: { batches: 0 } });
  expect(answerOf(await store.totals())).toMatchObject({ exchanges: 30, samples: 2 });
});

test("garbage in the file's place is set aside at the start, and a new file begins", async () => {
  const directory = makeDirectory();
  const garbage = Buffer.alloc(8192, "this is not a database");
  writeFileSync(fileOf(directory), garbage);
  const { store, logged } = openStore({}, directory);
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.flush();
  const health = store.health();
  expect(health).toMatchObject({ kind: "ok", corruptFiles: 1 });
  expect(readFileSync(health.setAside ?? "")).toEqual(garbage);
  expect(health.setAside).toMatch(/parallax\.db\.corrupt-2026-01-01T/);
  expect(errorsOf(logged)).toEqual([expect.stringContaining("set aside")]);
  expect(answerOf(await store.totals()).exchanges).toBe(10);
});

test("an empty or cut file is no obstacle to a start", () => {
  for (const content of [Buffer.alloc(0), Buffer.from("SQLite format 3\0"), Buffer.alloc(4096)]) {
    const directory = makeDirectory();
    writeFileSync(fileOf(directory), content);
    expect(openStore({}, directory).store.health().kind).toBe("ok");
  }
});

test("a file that is damaged while running is set aside, and nothing that waits is lost", async () => {
  const { store, directory, logged } = openStore();
  store.record(batch({ endpoints: [endpointDelta()], signatures: [signatureDelta()] }));
  await store.flush();
  damage(directory);
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.flush();
  expect(store.health()).toMatchObject({ kind: "ok", corruptFiles: 1, lost: { batches: 0 } });
  expect(errorsOf(logged)).toEqual([expect.stringContaining("a new one begins")]);
  expect(answerOf(await store.totals())).toMatchObject({ exchanges: 10, signatures: 0 });
});

test("a read that meets the damage first answers from the new file", async () => {
  const { store, directory } = openStore();
  // More than SQLite holds in memory.
  const large = ["s0", "s1", "s2", "s3"].map((id) => sample(id, { patch: ["x".repeat(1_000_000)] }));
  store.record(batch({ endpoints: [endpointDelta()], samples: large }));
  await store.flush();
  expect(answerOf(await store.exchange("s0"))?.id).toBe("s0");
  expect(answerOf(await store.exchange("s3"))?.id).toBe("s3");
  damage(directory);
  expect(answerOf(await store.exchange("s0"))).toBeUndefined();
  expect(store.health().corruptFiles).toBe(1);
});

test("a file that another hand touched, and did not harm, is opened again and keeps its counts", async () => {
  const { store, directory, logged } = openStore();
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.flush();
  utimesSync(fileOf(directory), 1, 1);
  for (let n = 0; n < 2; n++) {
    store.record(batch({ endpoints: [endpointDelta()] }));
    await store.flush();
  }
  expect(answerOf(await store.totals()).exchanges).toBe(30);
  expect(logged).toEqual([{ level: "warn", message: expect.stringContaining("opened again") }]);
});

test("keeps a bounded number of damaged files", async () => {
  const directory = makeDirectory();
  for (let n = 0; n <= CORRUPT_FILES_MAX; n++) {
    writeFileSync(fileOf(directory), "x".repeat(1000 + n));
    await openStore({}, directory).store.close();
  }
  const kept = readdirSync(directory).filter((name) => name.includes(".corrupt-"));
  expect(kept).toHaveLength(CORRUPT_FILES_MAX);
});

test("a file that was deleted while running is begun anew", async () => {
  const { store, directory, logged } = openStore();
  rmSync(fileOf(directory));
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.flush();
  expect(existsSync(fileOf(directory))).toBe(true);
  expect(answerOf(await store.totals()).exchanges).toBe(10);
  expect(errorsOf(logged)).toEqual([expect.stringContaining("moved or deleted")]);
});

const modesOf = (directory: string) =>
  readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);

test("stored traffic is for the owner alone, also in a directory that is open to all", async () => {
  const directory = makeDirectory();
  chmodSync(directory, 0o755);
  const { store, logged } = openStore({}, directory);
  store.record(batch({ samples: [sample("one")] }));
  await store.flush();
  expect(modesOf(directory)).toEqual([
    ["parallax.db", 0o600],
    ["parallax.db-wal", 0o600],
  ]);
  expect(logged).toEqual([]);
});

test("a file that others can read is taken from them at the start, and the log says so", async () => {
  const first = openStore();
  await first.store.close();
  chmodSync(fileOf(first.directory), 0o644);
  const { store, logged } = openStore({}, first.directory);
  store.record(batch({ samples: [sample("one")] }));
  await store.flush();
  expect(modesOf(first.directory)).toEqual([
    ["parallax.db", 0o600],
    ["parallax.db-wal", 0o600],
  ]);
  expect(logged).toEqual([
    { level: "warn", message: expect.stringContaining("could be read by others than its owner") },
  ]);
});

test("a damaged file that others could read is set aside for the owner alone", () => {
  const directory = makeDirectory();
  writeFileSync(fileOf(directory), Buffer.alloc(8192, "this is not a database"), { mode: 0o644 });
  openStore({}, directory);
  expect(modesOf(directory).map(([, mode]) => mode)).toEqual([0o600, 0o600, 0o600]);
});

test("a file of a newer version is refused and left as it was", async () => {
  const { store, directory } = openStore();
  await store.close();
  const other = connect(directory);
  other.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  other.close();
  const before = readFileSync(fileOf(directory));
  expect(open(directory)).toEqual({
    kind: "failed",
    code: "newer-version",
    message: expect.stringContaining("a newer Parallax wrote this file"),
  });
  expect(readFileSync(fileOf(directory))).toEqual(before);
});

test("another program's database is refused and left as it was", () => {
  const directory = makeDirectory();
  const other = connect(directory);
  other.exec("CREATE TABLE theirs (x)");
  other.close();
  const before = readFileSync(fileOf(directory));
  expect(open(directory)).toMatchObject({ kind: "failed", code: "foreign-file" });
  expect(readFileSync(fileOf(directory))).toEqual(before);
});

test("a data directory that cannot be made or written is one clear line at the start", () => {
  const directory = makeDirectory();
  writeFileSync(join(directory, "file"), "");
  mkdirSync(join(directory, "odd", "parallax.db"), { recursive: true });
  for (const unusable of [join(directory, "file"), join(directory, "file", "data"), join(directory, "odd")]) {
    const opened = open(unusable);
    expect(opened).toMatchObject({ kind: "failed", code: "not-writable" });
    if (opened.kind !== "failed") throw new Error("opened");
    expect(opened.message).toContain(join(unusable, "parallax.db"));
    expect(opened.message).toContain("choose another --data");
    expect(opened.message).not.toContain("\n");
  }
});

test("a batch that cannot be written because of a bug is counted as lost, and the next one is written", async () => {
  const { store, logged } = openStore();
  store.record(batch({ endpoints: [endpointDelta({ exchanges: Number.NaN })] }));
  await store.flush();
  expect(store.health()).toMatchObject({ kind: "failing", code: "internal", lost: { batches: 1 } });
  store.record(batch({ endpoints: [endpointDelta()] }));
  await store.flush();
  expect(store.health()).toMatchObject({ kind: "ok", lost: { batches: 1 } });
  expect(answerOf(await store.totals()).exchanges).toBe(10);
  expect(errorsOf(logged)).toHaveLength(1);
});

/** Overwrites the pages of the file and of its log in place, as a bad disk would. */
function damage(directory: string): void {
  for (const file of [fileOf(directory), `${fileOf(directory)}-wal`])
    writeFileSync(file, Buffer.alloc(statSync(file).size, 0xa5));
}
