// All serving and shadow threads, the rings between them, and the watch over both.
// Every serving thread has a ring of its own; each ring is drained by one shadow thread.
import { Counters } from "../core/counters.ts";
import { allocateKillCell, KillCell, type KillState } from "../core/kill-cell.ts";
import type { FromThread, ListenSettings, ServingThreadData, ShadowThreadData } from "../core/messages.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { allocateRefusal } from "../seam/refusal.ts";
import { allocateRing, allocateWake, ringCapacityBytes, ringUsedBytes } from "../seam/ring.ts";
import { BreakerWatch } from "./breaker-watch.ts";
import { type Loss, Thread, type ThreadKind, type ThreadState } from "./thread.ts";

const WATCH_MS = 1_000;
/** A serving thread holds clients: it is replaced later than a shadow thread, which holds nobody. */
const SERVING_SILENCE_MS_MAX = 30_000;
const SHADOW_SILENCE_MS_MAX = 10_000;

const SERVING_ENTRY = new URL("../proxy/serving-thread.ts", import.meta.url);
const SHADOW_ENTRY = new URL("../shadow/shadow-thread.ts", import.meta.url);

export interface ThreadsSettings {
  readonly serving: number;
  readonly shadow: number;
  readonly seamBytes: number;
  readonly listen: ListenSettings;
  /** Serving threads look for it themselves: it sets the kill switch also while control is blocked. */
  readonly killFile?: string | undefined;
  readonly onMessage: (kind: ThreadKind, thread: number, message: FromThread) => void;
  readonly onLost: (kind: ThreadKind, thread: number, loss: Loss) => void;
  /** The breaker of a shadow thread has opened, or closed again. Looked at each second, told once per change. */
  readonly onBreaker: (thread: number, isOpen: boolean) => void;
}

/** What the places for threads are made from. */
interface Seam {
  readonly settings: ThreadsSettings;
  readonly snapshot: Snapshot;
  /** One of each per shadow thread. */
  readonly wakes: readonly SharedArrayBuffer[];
  readonly refusals: readonly SharedArrayBuffer[];
}

/** One block of counts, of a living thread or the sum of the lost ones of a kind. */
export interface CounterBlock {
  readonly kind: ThreadKind;
  readonly isLiving: boolean;
  readonly counters: Counters;
}

export class Threads {
  readonly #serving: Thread[] = [];
  readonly #shadow: Thread[] = [];
  readonly #rings: { readonly servingThread: number; readonly memory: SharedArrayBuffer }[] = [];
  /** Counts of workers that are gone. */
  readonly #retired = { serving: new Counters(), shadow: new Counters() };
  readonly #breakers: BreakerWatch;
  readonly #killMemory = allocateKillCell();
  readonly #kill = new KillCell(this.#killMemory);
  #watchTimer: NodeJS.Timeout | undefined;
  #watchedAtMs = 0;

  constructor(settings: ThreadsSettings, snapshot: Snapshot) {
    this.#breakers = new BreakerWatch(settings.onBreaker);
    if (snapshot.isKilled) this.#kill.decide("on");
    const wakes = Array.from({ length: settings.shadow }, allocateWake);
    const refusals = Array.from({ length: settings.shadow }, allocateRefusal);
    for (let thread = 0; thread < settings.serving; thread++) {
      const memory = allocateRing(settings.seamBytes);
      this.#rings.push({ servingThread: thread, memory });
      this.#serving.push(this.#placeServing(thread, { settings, snapshot, memory, wakes, refusals }));
    }
    for (let thread = 0; thread < settings.shadow; thread++) {
      this.#shadow.push(this.#placeShadow(thread, { settings, snapshot, wakes, refusals }));
    }
  }

  #placeServing(
    thread: number,
    { settings, snapshot, memory, wakes, refusals }: Seam & { readonly memory: SharedArrayBuffer },
  ): Thread {
    const wake = wakes[thread % settings.shadow] as SharedArrayBuffer;
    const refusal = refusals[thread % settings.shadow] as SharedArrayBuffer;
    return new Thread(
      {
        kind: "serving",
        thread,
        entry: SERVING_ENTRY,
        silenceMsMax: SERVING_SILENCE_MS_MAX,
        dataFor: (counters, current): ServingThreadData => ({
          thread,
          snapshot: current,
          listen: settings.listen,
          counters,
          ring: memory,
          wake,
          refusal,
          kill: this.#killMemory,
          killFile: settings.killFile,
        }),
        onMessage: (message) => settings.onMessage("serving", thread, message),
        onLost: (counters, loss) => this.#retire({ kind: "serving", thread, counters, loss, settings }),
      },
      snapshot,
    );
  }

  #placeShadow(thread: number, { settings, snapshot, wakes, refusals }: Seam): Thread {
    const wake = wakes[thread] as SharedArrayBuffer;
    const refusal = refusals[thread] as SharedArrayBuffer;
    const rings = this.#rings.filter(({ servingThread }) => servingThread % settings.shadow === thread);
    return new Thread(
      {
        kind: "shadow",
        thread,
        entry: SHADOW_ENTRY,
        silenceMsMax: SHADOW_SILENCE_MS_MAX,
        dataFor: (counters, current): ShadowThreadData => ({
          thread,
          snapshot: current,
          counters,
          rings,
          wake,
          refusal,
        }),
        onMessage: (message) => settings.onMessage("shadow", thread, message),
        onLost: (counters, loss) => this.#retire({ kind: "shadow", thread, counters, loss, settings }),
      },
      snapshot,
    );
  }

  /** Closes the books of a worker that is gone and keeps their sum. */
  #retire(lost: {
    readonly kind: ThreadKind;
    readonly thread: number;
    readonly counters: Counters;
    readonly loss: Loss;
    readonly settings: ThreadsSettings;
  }): void {
    lost.counters.settle(lost.kind === "serving" ? "serving-thread-lost" : "shadow-thread-lost");
    this.#retired[lost.kind].absorb(lost.counters);
    lost.settings.onLost(lost.kind, lost.thread, lost.loss);
  }

  start(): void {
    for (const thread of this.#all()) thread.start();
    this.#watchedAtMs = Date.now();
    this.#watchTimer = setInterval(() => this.#watch(), WATCH_MS);
    this.#watchTimer.unref();
  }

  #all(): readonly Thread[] {
    return [...this.#shadow, ...this.#serving];
  }

  #watch(): void {
    const nowMs = Date.now();
    // When this thread itself was stopped (a suspended process, a paused machine), the others were too.
    const wasPaused = nowMs - this.#watchedAtMs > 3 * WATCH_MS;
    this.#watchedAtMs = nowMs;
    for (const { settings, counters } of this.#shadow) this.#breakers.look(settings.thread, counters);
    if (!wasPaused) for (const thread of this.#all()) thread.watch(nowMs);
  }

  /** In force for every serving thread at its next request; `publish` says what follows from a decision by itself. */
  setKilled(state: KillState): void {
    this.#kill.decide(state);
  }

  /** Hands a new decision to every thread; `states` shows who has acknowledged it. */
  publish(snapshot: Snapshot): void {
    this.setKilled(snapshot.isKilled ? "on" : "off");
    for (const thread of this.#all()) thread.publish(snapshot);
  }

  /** True when every thread runs with the decision of `epoch` or a later one. */
  hasAcknowledged(epoch: number): boolean {
    return this.#all().every((thread) => thread.epoch >= epoch);
  }

  /** Names of the threads that do not run with the decision of `epoch` or a later one yet. */
  stragglers(epoch: number): readonly string[] {
    return this.#all()
      .filter((thread) => thread.epoch < epoch)
      .map(({ name }) => name);
  }

  /** True when every serving thread listens. */
  get isListening(): boolean {
    return this.#serving.every((thread) => thread.isRunning);
  }

  /** True while at least one serving thread listens: clients are answered, whatever happens to the others. */
  get isServing(): boolean {
    return this.#serving.some((thread) => thread.isRunning);
  }

  /** As of the last second. */
  get isBreakerOpen(): boolean {
    return this.#breakers.isAnyOpen;
  }

  restarts(): Readonly<Record<ThreadKind, number>> {
    const sum = (threads: readonly Thread[]) => threads.reduce((total, thread) => total + thread.restarts, 0);
    return { serving: sum(this.#serving), shadow: sum(this.#shadow) };
  }

  /** Blocks of living and of lost threads: together they hold every count since the start. */
  blocks(): readonly CounterBlock[] {
    const lost = (kind: ThreadKind) => ({ kind, isLiving: false, counters: this.#retired[kind] });
    const living = this.#all().map(({ settings: { kind }, counters }) => ({
      kind,
      isLiving: true,
      counters,
    }));
    return [lost("serving"), lost("shadow"), ...living];
  }

  states(): readonly ThreadState[] {
    const nowMs = Date.now();
    return this.#all().map((thread) => thread.state(nowMs));
  }

  seam(): { readonly bytes: number; readonly capacityBytes: number } {
    let bytes = 0;
    let capacityBytes = 0;
    for (const { memory } of this.#rings) {
      bytes += ringUsedBytes(memory);
      capacityBytes += ringCapacityBytes(memory);
    }
    return { bytes, capacityBytes };
  }

  /** Serving first: what it still publishes is mirrored and judged before the shadow side ends. */
  async stop(deadlineMs: number, shadowDeadlineMs: number): Promise<void> {
    await Promise.all(this.#serving.map((thread) => thread.stop(deadlineMs)));
    await Promise.all(this.#shadow.map((thread) => thread.stop(shadowDeadlineMs)));
    clearInterval(this.#watchTimer);
  }
}
