// All serving and shadow threads, the rings between them, and the watch over both.
// Every serving thread has a ring of its own; each ring is drained by one shadow thread.
import { Counters } from "../core/counters.ts";
import type { FromThread, ListenSettings, ServingThreadData, ShadowThreadData } from "../core/messages.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { allocateRing, allocateWake, ringCapacityBytes, ringUsedBytes } from "../seam/ring.ts";
import { Thread, type ThreadKind, type ThreadState } from "./thread.ts";

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
  readonly onMessage: (kind: ThreadKind, thread: number, message: FromThread) => void;
  readonly onLost: (kind: ThreadKind, thread: number, error: string) => void;
}

export class Threads {
  readonly #serving: Thread[] = [];
  readonly #shadow: Thread[] = [];
  readonly #rings: SharedArrayBuffer[] = [];
  /** Counts of workers that are gone. */
  readonly #retired = new Counters();
  #watchTimer: NodeJS.Timeout | undefined;
  #watchedAtMs = 0;

  constructor(settings: ThreadsSettings, snapshot: Snapshot) {
    const wakes = Array.from({ length: settings.shadow }, allocateWake);
    for (let thread = 0; thread < settings.serving; thread++) {
      const ring = allocateRing(settings.seamBytes);
      const wake = wakes[thread % settings.shadow] as SharedArrayBuffer;
      this.#rings.push(ring);
      this.#serving.push(
        this.#place(
          "serving",
          thread,
          SERVING_ENTRY,
          SERVING_SILENCE_MS_MAX,
          settings,
          snapshot,
          (counters, current) => {
            const data: ServingThreadData = {
              thread,
              snapshot: current,
              listen: settings.listen,
              counters,
              ring,
              wake,
            };
            return data;
          },
        ),
      );
    }
    for (let thread = 0; thread < settings.shadow; thread++) {
      const wake = wakes[thread] as SharedArrayBuffer;
      const rings = this.#rings
        .map((memory, servingThread) => ({ servingThread, memory }))
        .filter(({ servingThread }) => servingThread % settings.shadow === thread);
      this.#shadow.push(
        this.#place(
          "shadow",
          thread,
          SHADOW_ENTRY,
          SHADOW_SILENCE_MS_MAX,
          settings,
          snapshot,
          (counters, current) => {
            const data: ShadowThreadData = { thread, snapshot: current, counters, rings, wake };
            return data;
          },
        ),
      );
    }
  }

  #place(
    kind: ThreadKind,
    thread: number,
    entry: URL,
    silenceMsMax: number,
    settings: ThreadsSettings,
    snapshot: Snapshot,
    dataFor: (counters: SharedArrayBuffer, snapshot: Snapshot) => object,
  ): Thread {
    return new Thread(
      {
        kind,
        thread,
        entry,
        dataFor,
        silenceMsMax,
        onMessage: (message) => settings.onMessage(kind, thread, message),
        onLost: (counters, error) => {
          counters.settle(kind === "serving" ? "serving-thread-lost" : "shadow-thread-lost");
          this.#retired.absorb(counters);
          settings.onLost(kind, thread, error);
        },
      },
      snapshot,
    );
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
    if (!wasPaused) for (const thread of this.#all()) thread.watch(nowMs);
  }

  /** Hands a new decision to every thread; `states` shows who has acknowledged it. */
  publish(snapshot: Snapshot): void {
    for (const thread of this.#all()) thread.publish(snapshot);
  }

  /** Blocks of living and of lost threads: together they hold every count since the start. */
  blocks(): readonly Counters[] {
    return [this.#retired, ...this.#all().map((thread) => thread.counters)];
  }

  states(): readonly ThreadState[] {
    const nowMs = Date.now();
    return this.#all().map((thread) => thread.state(nowMs));
  }

  seam(): { readonly usedBytes: number; readonly capacityBytes: number } {
    let usedBytes = 0;
    let capacityBytes = 0;
    for (const ring of this.#rings) {
      usedBytes += ringUsedBytes(ring);
      capacityBytes += ringCapacityBytes(ring);
    }
    return { usedBytes, capacityBytes };
  }

  /** Serving first: what it still publishes is mirrored and judged before the shadow side ends. */
  async stop(deadlineMs: number, shadowDeadlineMs: number): Promise<void> {
    await Promise.all(this.#serving.map((thread) => thread.stop(deadlineMs)));
    await Promise.all(this.#shadow.map((thread) => thread.stop(shadowDeadlineMs)));
    clearInterval(this.#watchTimer);
  }
}
