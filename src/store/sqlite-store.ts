// The embedded store: SQLite in `<data>/parallax.db`, one transaction about every half second.
// Invariant: no fault of disk or file reaches the caller of `record`; each change of health is logged once.
// Synchronous inside: it lives in a thread of its own (store-thread.ts), which threaded-store.ts speaks to.
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { VerdictBatch } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import { RenamedEndpoints } from "./absorption.ts";
import type { CallerQuery, CallerSums } from "./caller-store.ts";
import { Pending } from "./pending.ts";
import type {
  Actor,
  AddedRule,
  AuditEntry,
  AuditQuery,
  PurgeQuery,
  ReviewStore,
  TrendQuery,
  TriageChange,
} from "./review-store.ts";
import { type Connection, connectionOf, purgeFile, vacuumFile } from "./sqlite-connection.ts";
import { faultCodeOf, faultMessage } from "./sqlite-faults.ts";
import {
  DATABASE_NAME,
  type Exposure,
  fileMarkOf,
  openDatabase,
  setCorruptFileAside,
} from "./sqlite-schema.ts";
import type {
  Absorption,
  DifferenceQuery,
  EndpointQuery,
  EndpointWalk,
  SampleQuery,
  SignatureWalk,
  Store,
  StoreFault,
  StoreHealth,
  StoreLimits,
  StoreLog,
  StoreRead,
} from "./store.ts";
import { storeLimits } from "./store.ts";
import { FLUSH_EVERY_MS, type OpenedStore, type SqliteStoreOptions, startInterval } from "./store-options.ts";

const SWEEP_EVERY_MS = 60_000;

/** Opens the store, setting a corrupt file aside. Never throws. */
export function openSqliteStore(options: SqliteStoreOptions): OpenedStore {
  const store = new SqliteStore(options);
  const fault = store.start();
  return fault === undefined ? { kind: "opened", store } : { kind: "failed", ...fault };
}

class SqliteStore implements Store {
  readonly #directory: string;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #log: StoreLog;
  readonly #limits: StoreLimits;
  readonly #startTimer: (work: () => void, everyMs: number) => () => void;
  readonly #pending: Pending;
  readonly #renamed = new RenamedEndpoints();
  /** Undefined while the file cannot be opened: each flush tries again. */
  #connection: Connection | undefined;
  #fault: (StoreFault & { readonly sinceMs: number }) | undefined;
  #failedFlushes = 0;
  #corruptFiles = 0;
  #setAside: string | undefined;
  #nextSweepMs = 0;
  #isClosed = false;
  #stopTimer: (() => void) | undefined;

  constructor(options: SqliteStoreOptions) {
    this.#directory = options.directory;
    this.#file = join(options.directory, DATABASE_NAME);
    this.#clock = options.clock;
    this.#log = options.log;
    this.#limits = storeLimits(options.limits);
    this.#startTimer = options.startTimer ?? startInterval;
    this.#pending = new Pending(this.#limits);
  }

  /** The fault that keeps it from starting, if any. */
  start(): StoreFault | undefined {
    const fault = this.#connect();
    if (fault !== undefined) return fault;
    this.#stopTimer = this.#startTimer(() => this.#flush(), FLUSH_EVERY_MS);
    return undefined;
  }

  record(batch: VerdictBatch): void {
    this.#pending.add(this.#renamed.rename(batch));
    if (this.#isClosed) this.#pending.discard();
  }

  async flush(): Promise<void> {
    this.#flush();
  }

  async endpoints(query: EndpointQuery) {
    return this.#read(({ reader }) => reader.endpoints(query));
  }

  async walkEndpoints(walk: EndpointWalk) {
    return this.#read(({ reader }) => reader.walkEndpoints(walk));
  }

  async walkSignatures(walk: SignatureWalk) {
    return this.#read(({ signatures }) => signatures.walkSignatures(walk));
  }

  async differences(query: DifferenceQuery) {
    return this.#read(({ signatures }) => signatures.differences(query));
  }

  async signature(id: string) {
    return this.#read(({ signatures }) => signatures.signature(id));
  }

  async exchange(id: string) {
    return this.#read(({ reader }) => reader.exchange(id));
  }

  async ruleEvidence() {
    return this.#read(({ reader }) => reader.ruleEvidence());
  }

  async samples(query: SampleQuery) {
    return this.#read(({ reader }) => reader.samples(query));
  }

  async totals() {
    return this.#read(({ reader }) => reader.totals());
  }

  async paths(query: { readonly endpoint?: string | undefined; readonly limit: number }) {
    return this.#read(({ reader }) => reader.paths(query));
  }

  async learnedTemplates() {
    return this.#read(({ reader }) => reader.learnedTemplates());
  }

  async absorb(absorption: Absorption): Promise<StoreRead<boolean>> {
    // What waits is under the old names still.
    this.#flush();
    const kept = this.#change(({ writer }) => writer.absorb(absorption));
    if (kept.kind === "ok" && kept.value) this.#renamed.add(absorption);
    return kept;
  }

  async signatureCounts() {
    return this.#read(({ signatures }) => signatures.signatureCounts());
  }

  async triage(change: TriageChange) {
    return this.#change(({ review }) => review.triage(change));
  }

  async audit(query: AuditQuery) {
    return this.#read(({ review }) => review.audit(query));
  }

  async appendAudit(entry: Omit<AuditEntry, "id" | "atMs">) {
    return this.#change(({ review }) => review.appendAudit(entry));
  }

  async addedRules() {
    return this.#read(({ review }) => review.addedRules());
  }

  async addRule(rule: Omit<AddedRule, "atMs"> & Actor) {
    return this.#change(({ review }) => review.addRule(rule));
  }

  async removeRule(rule: { readonly id: string } & Actor) {
    return this.#change(({ review }) => review.removeRule(rule));
  }

  async trend(query: TrendQuery) {
    return this.#read(({ writer }) => writer.trends.read(query));
  }

  async latency(query: Parameters<ReviewStore["latency"]>[0]) {
    return this.#read(({ reader }) => reader.latency(query));
  }

  async recordCallers(sums: readonly CallerSums[]) {
    return this.#change(({ callers }) => callers.record(sums));
  }

  async callers(query: CallerQuery) {
    return this.#read(({ callers }) => callers.callers(query));
  }

  async callersSince(route: string, sinceMs: number) {
    return this.#read(({ callers }) => callers.since(route, sinceMs));
  }

  async purge(query: PurgeQuery & Actor) {
    // What waits is purged as well; what threads still hold comes later, and stays.
    this.#flush();
    return this.#change((connection) => purgeFile(connection, query));
  }

  async vacuum(actor: Actor) {
    return this.#change((connection) => vacuumFile(connection, actor));
  }

  health(): StoreHealth {
    const counts = {
      failedFlushes: this.#failedFlushes,
      lost: this.#pending.lost,
      corruptFiles: this.#corruptFiles,
      setAside: this.#setAside,
    };
    return this.#fault === undefined
      ? { kind: "ok", ...counts }
      : { kind: "failing", ...this.#fault, ...counts };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#stopTimer?.();
    this.#flush();
    if (!this.#pending.isEmpty) {
      this.#log.error({ batches: this.#pending.batches }, "the store closes with counts it could not write");
      this.#pending.discard();
    }
    this.#isClosed = true;
    this.#disconnect();
  }

  #flush(): void {
    if (this.#isClosed) return;
    const nowMs = this.#clock.nowMs();
    const isSweepDue = nowMs >= this.#nextSweepMs;
    if (this.#pending.isEmpty && !isSweepDue && this.#fault === undefined) return;
    const fault = this.#reconnectIfNeeded() ?? this.#write(isSweepDue ? nowMs : undefined);
    if (fault === undefined) {
      if (isSweepDue) this.#nextSweepMs = nowMs + SWEEP_EVERY_MS;
      this.#pending.clear();
      this.#recover();
      return;
    }
    this.#failedFlushes++;
    this.#fail(fault);
    // What cannot be written because of a bug would fail for ever, and everything after it too.
    if (fault.code === "internal") this.#pending.discard();
  }

  #writePending(sweepBeforeMs: number | undefined): StoreFault | undefined {
    const fault = this.#attempt(({ writer }) => writer.write(this.#pending, sweepBeforeMs));
    this.#keepMark();
    return fault;
  }

  /** Also after a fault: a commit that failed half-way may have written to the file. */
  #keepMark(): void {
    const mark = fileMarkOf(this.#directory);
    // Another file in its place is not ours: the next flush sees that.
    if (this.#connection !== undefined && mark?.inode === this.#connection.mark?.inode)
      this.#connection.mark = mark;
  }

  #write(sweepAtMs: number | undefined): StoreFault | undefined {
    const sweepBeforeMs = sweepAtMs === undefined ? undefined : sweepAtMs - this.#limits.sampleAgeMsMax;
    const fault = this.#writePending(sweepBeforeMs);
    if (fault?.code !== "corrupt") return fault;
    // The damaged file is out of the way now: the same sums begin the new one.
    return this.#startNewFile() ?? this.#writePending(sweepBeforeMs);
  }

  #read<T>(query: (connection: Connection) => T): StoreRead<T> {
    const rows: T[] = [];
    const read = () => this.#attempt((connection) => rows.push(query(connection)));
    let fault = read();
    if (fault?.code === "corrupt") fault = this.#startNewFile() ?? read();
    return fault === undefined ? { kind: "ok", value: rows[0] as T } : { kind: "failed", ...fault };
  }

  /** A change by a person or a rule of this program: made now, or the answer says why not. */
  #change<T>(work: (connection: Connection) => T): StoreRead<T> {
    const fault = this.#isClosed ? undefined : this.#reconnectIfNeeded();
    if (fault !== undefined) return { kind: "failed", code: fault.code, message: fault.message };
    const done = this.#read(work);
    this.#keepMark();
    return done;
  }

  #attempt(work: (connection: Connection) => void): StoreFault | undefined {
    if (this.#isClosed) return { code: "closed", message: faultMessage("closed", this.#file, undefined) };
    if (this.#connection === undefined)
      return this.#fault ?? { code: "io", message: faultMessage("io", this.#file, undefined) };
    try {
      work(this.#connection);
      return undefined;
    } catch (error) {
      const code = faultCodeOf(error);
      return { code, message: faultMessage(code, this.#file, error) };
    }
  }

  #connect(): StoreFault | undefined {
    const opened = openDatabase(this.#directory, this.#limits.fileBytesMax);
    if (opened.kind === "failed") return opened.code === "corrupt" ? this.#startNewFile() : opened;
    this.#logExposure(opened.exposure);
    const fault = this.#use(opened.database);
    return fault?.code === "corrupt" ? this.#startNewFile() : fault;
  }

  #logExposure(exposure: Exposure): void {
    if (exposure === "none") return;
    const fate = exposure === "closed" ? "it is for its owner alone now" : "its mode cannot be changed";
    this.#log.warn({}, `the store ${this.#file} could be read by others than its owner: ${fate}`);
  }

  #use(database: DatabaseSync): StoreFault | undefined {
    try {
      const connection = connectionOf(database, { clock: this.#clock, limits: this.#limits });
      // After it, as it may bring what is stored in line.
      connection.mark = fileMarkOf(this.#directory);
      this.#connection = connection;
      return undefined;
    } catch (error) {
      database.close();
      const code = faultCodeOf(error);
      return { code, message: faultMessage(code, this.#file, error) };
    }
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    try {
      connection?.database.close();
    } catch (error) {
      this.#log.warn({ err: error }, "the store's file did not close cleanly");
    }
  }

  #startNewFile(): StoreFault | undefined {
    this.#disconnect();
    const moved = setCorruptFileAside(this.#directory, this.#clock.nowMs());
    if (moved.kind === "failed") return moved;
    this.#corruptFiles++;
    this.#setAside = moved.path;
    this.#log.error(
      { setAside: moved.path },
      `the store ${this.#file} was damaged: it is set aside, and a new one begins`,
    );
    const opened = openDatabase(this.#directory, this.#limits.fileBytesMax);
    return opened.kind === "failed" ? opened : this.#use(opened.database);
  }

  /**
   * A file that somebody moved or deleted would take our writes with it, silently. One that somebody wrote to is
   * read anew: SQLite holds its pages in memory for as long as it holds the lock, and would never see the damage.
   */
  #reconnectIfNeeded(): StoreFault | undefined {
    if (this.#connection !== undefined) {
      const { mark } = this.#connection;
      const found = fileMarkOf(this.#directory);
      const isSameFile = found !== undefined && found.inode === mark?.inode;
      if (isSameFile && found.bytes === mark.bytes && found.modifiedMs === mark.modifiedMs) return undefined;
      if (isSameFile)
        this.#log.warn({}, `the store ${this.#file} was changed by another process: it is opened again`);
      else this.#log.error({}, `the store ${this.#file} was moved or deleted: a new one begins`);
      this.#disconnect();
    }
    return this.#connect();
  }

  #fail(fault: StoreFault): void {
    if (this.#fault?.code === fault.code) return;
    this.#fault = { code: fault.code, message: fault.message, sinceMs: this.#clock.nowMs() };
    this.#log.error({ code: fault.code }, fault.message);
  }

  #recover(): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#log.info({ failedFlushes: this.#failedFlushes }, "the store works again");
  }
}
