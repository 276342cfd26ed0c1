// The store as control sees it: sums merge here and wait for the store's thread, which does all else.
// Invariant: only who asks waits for it, and not for ever. What waits is bounded, and kept until it is in the file.
import { join } from "node:path";
import type { VerdictBatch } from "../core/batch.ts";
import type { Clock } from "../core/clock.ts";
import { type HandOver, Pending } from "./pending.ts";
import { faultMessage } from "./sqlite-faults.ts";
import { DATABASE_NAME } from "./sqlite-schema.ts";
import {
  STORE_LIMITS,
  type Store,
  type StoreFault,
  type StoreFaultCode,
  type StoreHealth,
  type StoreLog,
  type StoreRead,
} from "./store.ts";
import { FLUSH_EVERY_MS, type OpenedStore, type SqliteStoreOptions, startInterval } from "./store-options.ts";
import { StorePlace } from "./store-place.ts";
import type { StoreRequest, StoreWork } from "./thread-messages.ts";

/** Requests that wait for the thread, of the admin API and of the review; a further one is answered `busy`. */
export const REQUESTS_MAX = 256;
/** A request that takes longer, its turn included, is answered `busy`; and so is health while work takes longer. */
export const BUSY_AFTER_MS = 30_000;
/** The same for what rewrites much of the file. */
export const LONG_AFTER_MS = 10 * 60_000;
/** Work that takes longer than any that is meant to: the thread hangs, and is replaced. */
export const HUNG_AFTER_MS = 15 * 60_000;
/** A shutdown waits this long for the last flush; what is not written then is lost, and said. */
export const CLOSE_MS_MAX = 10_000;
/** Threads that one hand-over may take with it: what cannot be written because of a bug would fail for ever. */
const HAND_OVER_TRIES_MAX = 2;

type Requests = Pick<Store, StoreRequest>;

/** How long each may take. The table names every request, so that the compiler finds one that is missing. */
const REQUEST_MS_MAX: Readonly<Record<StoreRequest, number>> = {
  endpoints: BUSY_AFTER_MS,
  differences: BUSY_AFTER_MS,
  walkEndpoints: BUSY_AFTER_MS,
  walkSignatures: BUSY_AFTER_MS,
  signature: BUSY_AFTER_MS,
  exchange: BUSY_AFTER_MS,
  ruleEvidence: BUSY_AFTER_MS,
  samples: BUSY_AFTER_MS,
  totals: BUSY_AFTER_MS,
  paths: BUSY_AFTER_MS,
  learnedTemplates: BUSY_AFTER_MS,
  absorb: BUSY_AFTER_MS,
  signatureCounts: BUSY_AFTER_MS,
  triage: BUSY_AFTER_MS,
  audit: BUSY_AFTER_MS,
  appendAudit: BUSY_AFTER_MS,
  addedRules: BUSY_AFTER_MS,
  addRule: BUSY_AFTER_MS,
  removeRule: BUSY_AFTER_MS,
  trend: BUSY_AFTER_MS,
  latency: BUSY_AFTER_MS,
  recordCallers: BUSY_AFTER_MS,
  callers: BUSY_AFTER_MS,
  callersSince: BUSY_AFTER_MS,
  // They touch every page of the file, which may be of 2 GiB.
  purge: LONG_AFTER_MS,
  vacuum: LONG_AFTER_MS,
};

/** They change counts and samples that are there: what waits is written first, and is changed with them. */
const AFTER_A_FLUSH: ReadonlySet<StoreRequest> = new Set(["absorb", "purge"]);

/** Somebody who asked. */
interface Asked {
  readonly work: Extract<StoreWork, { readonly kind: "request" }>;
  readonly answer: (read: StoreRead<unknown>) => void;
  waitedMs: number;
}

type UnderWay =
  | { readonly kind: "flush" | "close"; readonly resolve: () => void }
  | { readonly kind: "request"; readonly asked: Asked };

/** What was handed over and is not in the file yet. */
interface Handed {
  readonly handOver: HandOver;
  /** Threads that were lost while they wrote it. */
  losses: number;
  /** The thread of today has it. */
  isThere: boolean;
}

type HealthCounts = Pick<StoreHealth, "failedFlushes" | "lost" | "corruptFiles" | "setAside">;

const HEALTHY: StoreHealth = {
  kind: "ok",
  failedFlushes: 0,
  lost: { batches: 0, signatures: 0, samples: 0 },
  corruptFiles: 0,
  setAside: undefined,
};

/** Opens the store in a thread of its own. Never rejects. */
export async function openThreadedStore(options: SqliteStoreOptions): Promise<OpenedStore> {
  const store = new ThreadedStore(options);
  const fault = await store.start();
  return fault === undefined ? { kind: "opened", store: withRequests(store) } : { kind: "failed", ...fault };
}

function withRequests(store: ThreadedStore): Store {
  const names = Object.keys(REQUEST_MS_MAX) as StoreRequest[];
  const requests = names.map((name) => [name, (...given: unknown[]) => store.ask(name, given)]);
  return {
    // Each answers what the method of its name answers in the thread.
    ...(Object.fromEntries(requests) as Requests),
    record: (batch) => store.record(batch),
    flush: () => store.flush(),
    health: () => store.health(),
    close: () => store.close(),
  };
}

class ThreadedStore {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #log: StoreLog;
  readonly #pending: Pending;
  readonly #place: StorePlace;
  readonly #startTimer: (work: () => void, everyMs: number) => () => void;
  #stopTimer: (() => void) | undefined;
  #onStarted: ((fault: StoreFault | undefined) => void) | undefined;
  #handed: Handed | undefined;
  readonly #queue: Asked[] = [];
  /** Who waits for a flush that has not begun; undefined where none is due. */
  #flushDue: PromiseWithResolvers<void> | undefined;
  #underWay: UnderWay | undefined;
  #underWayMs = 0;
  /** As the thread said it last; of threads that were lost, the counts alone. */
  #said: StoreHealth = HEALTHY;
  #before: HealthCounts = HEALTHY;
  /** Of the thread itself, not of the file. */
  #fault: (StoreFault & { readonly sinceMs: number }) | undefined;
  #isClosed = false;
  #closing: { readonly closed: Promise<void>; readonly giveUp: () => void; waitedMs: number } | undefined;

  constructor({ directory, clock, log, limits, startTimer }: SqliteStoreOptions) {
    this.#file = join(directory, DATABASE_NAME);
    this.#clock = clock;
    this.#log = log;
    this.#pending = new Pending({ ...STORE_LIMITS, ...limits });
    this.#startTimer = startTimer ?? startInterval;
    this.#place = new StorePlace({
      data: { directory, limits },
      log,
      onOpened: () => this.#onOpened(),
      onDone: (read, health) => this.#onDone(read, health),
      onLost: (fault) => this.#onLost(fault),
    });
  }

  /** The fault that keeps it from starting, if any. */
  async start(): Promise<StoreFault | undefined> {
    const started = new Promise<StoreFault | undefined>((resolve) => {
      this.#onStarted = resolve;
    });
    this.#place.start();
    const fault = await started;
    this.#onStarted = undefined;
    if (fault === undefined) this.#stopTimer = this.#startTimer(() => this.#tick(), FLUSH_EVERY_MS);
    return fault;
  }

  record(batch: VerdictBatch): void {
    this.#pending.add(batch);
    if (this.#isClosed) this.#pending.discard();
  }

  /** Resolves when what is queued now is in the file, or could not be written. */
  flush(): Promise<void> {
    if (this.#closing !== undefined || this.#place.isGone) return Promise.resolve();
    this.#flushDue ??= Promise.withResolvers();
    const { promise } = this.#flushDue;
    this.#goOn();
    return promise;
  }

  ask(name: StoreRequest, given: readonly unknown[]): Promise<StoreRead<unknown>> {
    if (this.#closing !== undefined) return Promise.resolve(this.#failed("closed"));
    if (this.#queue.length >= REQUESTS_MAX) return Promise.resolve(this.#failed("busy"));
    if (AFTER_A_FLUSH.has(name)) void this.flush();
    return new Promise((answer) => {
      this.#queue.push({ work: { kind: "request", name, given }, answer, waitedMs: 0 });
      this.#goOn();
    });
  }

  health(): StoreHealth {
    const counts = sumOf(sumOf(this.#before, this.#said), { ...HEALTHY, lost: this.#pending.lost });
    const fault = this.#fault ?? (this.#said.kind === "failing" ? this.#said : undefined);
    if (fault === undefined) return { kind: "ok", ...counts };
    const { code, message, sinceMs } = fault;
    return { kind: "failing", code, message, sinceMs, ...counts };
  }

  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing.closed;
    const flushed = this.flush();
    const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<void>();
    for (const { answer } of this.#queue.splice(0)) answer(this.#failed("closed"));
    const closed = Promise.race([flushed.then(() => this.#closeFile()), givenUp]).then(() => this.#end());
    this.#closing = { closed, giveUp, waitedMs: 0 };
    return closed;
  }

  // ── One piece of work at a time ───────────────────────────────────────────────────────────────────

  #tick(): void {
    this.#place.tick(FLUSH_EVERY_MS);
    this.#underWayMs += FLUSH_EVERY_MS;
    this.#watchWork();
    this.#answerLate();
    if (this.#closing !== undefined) {
      this.#closing.waitedMs += FLUSH_EVERY_MS;
      if (this.#closing.waitedMs >= CLOSE_MS_MAX) this.#closing.giveUp();
    } else void this.flush();
  }

  #watchWork(): void {
    if (this.#underWay === undefined) return;
    if (this.#underWayMs >= HUNG_AFTER_MS) {
      const message = `the store's thread was lost (no answer for ${HUNG_AFTER_MS / 60_000} minutes)`;
      this.#place.replace({ code: "internal", message });
    } else if (this.#underWayMs >= this.#patienceMs()) this.#fail(this.#failed("busy"));
  }

  #patienceMs(): number {
    return this.#underWay?.kind === "request"
      ? REQUEST_MS_MAX[this.#underWay.asked.work.name]
      : BUSY_AFTER_MS;
  }

  /** Nobody waits for ever. What the thread is at goes on; what has not begun never will. */
  #answerLate(): void {
    const asked = this.#underWay?.kind === "request" ? [this.#underWay.asked, ...this.#queue] : this.#queue;
    for (const one of asked) one.waitedMs += FLUSH_EVERY_MS;
    const isLate = ({ work, waitedMs }: Asked) => waitedMs >= REQUEST_MS_MAX[work.name];
    for (const { answer } of asked.filter(isLate)) answer(this.#failed("busy"));
    const inTime = this.#queue.filter((one) => !isLate(one));
    this.#queue.splice(0, this.#queue.length, ...inTime);
  }

  /** Gives the thread its next piece of work. A flush goes before those who ask. */
  #goOn(): void {
    if (!this.#place.isIdle) return;
    if (this.#flushDue !== undefined) {
      const { resolve } = this.#flushDue;
      this.#flushDue = undefined;
      this.#give({ kind: "flush", handOver: this.#handOver() }, { kind: "flush", resolve });
      return;
    }
    const asked = this.#queue.shift();
    if (asked === undefined) return;
    try {
      this.#give(asked.work, { kind: "request", asked });
    } catch (error) {
      // Only a bug asks with what cannot be sent to another thread.
      asked.answer(this.#failed("internal", error));
      this.#goOn();
    }
  }

  #give(work: StoreWork, underWay: UnderWay): void {
    this.#place.give(work);
    this.#underWay = underWay;
    this.#underWayMs = 0;
  }

  /** What the thread shall write now: nothing new while it holds what it could not write. */
  #handOver(): HandOver | undefined {
    if (this.#handed === undefined) {
      const handOver = this.#pending.take();
      if (handOver !== undefined) this.#handed = { handOver, losses: 0, isThere: false };
    }
    if (this.#handed === undefined || this.#handed.isThere) return undefined;
    this.#handed.isThere = true;
    return this.#handed.handOver;
  }

  #onOpened(): void {
    this.#onStarted?.(undefined);
    this.#goOn();
  }

  #onDone(read: StoreRead<unknown> | undefined, health: StoreHealth): void {
    const done = this.#underWay;
    this.#underWay = undefined;
    this.#said = health;
    // It keeps what it could not write, unless a bug was in the way: that it lets go and counts.
    const isWritten = health.kind === "ok" || health.code === "internal";
    if (done?.kind === "flush" && isWritten) this.#handed = undefined;
    if (done?.kind === "flush" || this.#fault?.code === "busy") this.#recover();
    if (done?.kind === "request") done.asked.answer(read ?? this.#failed("internal"));
    else done?.resolve();
    this.#goOn();
  }

  // ── A lost thread ─────────────────────────────────────────────────────────────────────────────────

  #onLost(fault: StoreFault): "replace" | "end" {
    const lost = this.#underWay;
    this.#underWay = undefined;
    this.#before = sumOf(this.#before, this.#said);
    this.#said = HEALTHY;
    if (this.#onStarted !== undefined) {
      this.#onStarted(fault);
      return "end";
    }
    this.#takeBack(lost?.kind === "flush");
    this.#fail(fault);
    if (lost?.kind === "request") lost.asked.answer({ kind: "failed", ...fault });
    else lost?.resolve();
    this.#flushDue?.resolve();
    this.#flushDue = undefined;
    return this.#closing === undefined ? "replace" : "end";
  }

  /** What was handed over goes to the next thread, unless it seems to be what ends them. */
  #takeBack(wasWriting: boolean): void {
    if (this.#handed === undefined) return;
    this.#handed.isThere = false;
    if (wasWriting) this.#handed.losses++;
    // A thread that hung was ended inside its write, which may have been done all the same: never counted twice.
    const isHung = wasWriting && this.#underWayMs >= HUNG_AFTER_MS;
    if (!isHung && this.#handed.losses < HAND_OVER_TRIES_MAX) return;
    this.#pending.countLost(this.#handed.handOver);
    this.#handed = undefined;
  }

  #failed(code: StoreFaultCode, error?: unknown): { readonly kind: "failed" } & StoreFault {
    return { kind: "failed", code, message: faultMessage(code, this.#file, error) };
  }

  #fail({ code, message }: StoreFault): void {
    if (this.#fault?.code === code) return;
    this.#fault = { code, message, sinceMs: this.#clock.nowMs() };
    this.#log.error({ code }, message);
  }

  #recover(): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#log.info({}, "the store's thread works again");
  }

  // ── The end ───────────────────────────────────────────────────────────────────────────────────────

  /** The thread says itself what it cannot write. */
  async #closeFile(): Promise<void> {
    if (!this.#place.isIdle) return;
    await new Promise<void>((resolve) => {
      // What came while the last flush was under way.
      const handOver = this.#pending.take();
      this.#give({ kind: "close", handOver }, { kind: "close", resolve });
    });
    this.#handed = undefined;
  }

  async #end(): Promise<void> {
    this.#isClosed = true;
    this.#stopTimer?.();
    const batches = this.#pending.batches + (this.#handed?.handOver.batches ?? 0);
    if (batches > 0) this.#log.error({ batches }, "the store closes with counts it could not write");
    this.#pending.countLost(this.#handed?.handOver);
    this.#handed = undefined;
    this.#pending.discard();
    if (this.#underWay?.kind === "request") this.#underWay.asked.answer(this.#failed("closed"));
    const ended = this.#place.end();
    // One that is inside SQLite ends when that returns: nobody waits for it here.
    if (this.#underWay === undefined) await ended;
  }
}

function sumOf(some: HealthCounts, others: HealthCounts): HealthCounts {
  return {
    failedFlushes: some.failedFlushes + others.failedFlushes,
    lost: {
      batches: some.lost.batches + others.lost.batches,
      signatures: some.lost.signatures + others.lost.signatures,
      samples: some.lost.samples + others.lost.samples,
    },
    corruptFiles: some.corruptFiles + others.corruptFiles,
    setAside: others.setAside ?? some.setAside,
  };
}
