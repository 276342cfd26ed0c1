// One place in the house for a thread: the worker that holds it now, its counters, and its replacement when
// it dies or hangs. Whatever happens to the worker, the place stays and the books balance.
import { Worker } from "node:worker_threads";
import { Counters } from "../core/counters.ts";
import type { FromThread, ToThread } from "../core/messages.ts";
import type { Snapshot } from "../core/snapshot.ts";

/** A thread that dies right after its start is started again after 100 ms, 200 ms, … up to this. */
const RESTART_DELAY_MS_MAX = 30_000;
const RESTART_DELAY_MS_MIN = 100;
/**
 * Nearly all that a thread allocates dies with its exchange. Left alone, the engine lets the young generation
 * grow for as long as the load lasts, which looks like a leak and buys no speed.
 */
const YOUNG_GENERATION_MB = 24;
/** A thread that has lived this long is not in a crash loop. */
const SETTLED_AFTER_MS = 10_000;

export type ThreadKind = "serving" | "shadow";

export interface ThreadState {
  /** `serving-0` */
  readonly name: string;
  readonly kind: ThreadKind;
  /** `lost`: its worker is gone, and the next one has not started. */
  readonly state: "starting" | "running" | "stopping" | "lost";
  readonly epoch: number;
  readonly restarts: number;
  readonly lastError: string | undefined;
  /** Since it last gave a sign of life. */
  readonly heartbeatAgeMs: number;
}

/** Why a worker is gone. */
export interface Loss {
  readonly error: string;
  /** Where it threw, if it did. */
  readonly stack: string | undefined;
}

export interface ThreadSettings {
  readonly kind: ThreadKind;
  readonly thread: number;
  readonly entry: URL;
  /** What the worker begins with, given its counters. */
  readonly dataFor: (counters: SharedArrayBuffer, snapshot: Snapshot) => object;
  /** No sign of life for longer than this: it hangs, and is replaced. */
  readonly silenceMsMax: number;
  readonly onMessage: (message: FromThread) => void;
  /** Takes the counts of a worker that is gone. */
  readonly onLost: (counters: Counters, loss: Loss) => void;
}

export class Thread {
  readonly settings: ThreadSettings;
  #worker: Worker | undefined;
  #counters = new Counters();
  #snapshot: Snapshot;
  #state: ThreadState["state"] = "starting";
  #epoch = 0;
  /** Of the decision that the worker began with: what is published while it starts is still on its way. */
  #firstEpoch = 0;
  #restarts = 0;
  #failuresInARow = 0;
  #startedAtMs = 0;
  #lastError: string | undefined;
  /** Why the worker is about to be lost, once that is known. */
  #cause: Loss | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #onStopped: (() => void) | undefined;

  constructor(settings: ThreadSettings, snapshot: Snapshot) {
    this.settings = settings;
    this.#snapshot = snapshot;
  }

  get name(): string {
    return `${this.settings.kind}-${this.settings.thread}`;
  }

  get counters(): Counters {
    return this.#counters;
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** The newest decision that it has acknowledged. */
  get epoch(): number {
    return this.#epoch;
  }

  start(): void {
    this.#startedAtMs = Date.now();
    this.#firstEpoch = this.#snapshot.epoch;
    this.#counters.set("heartbeatMs", this.#startedAtMs);
    const worker = new Worker(this.settings.entry, {
      workerData: this.settings.dataFor(this.#counters.memory, this.#snapshot),
      name: this.name,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker = worker;
    this.#state = "starting";
    worker.on("message", (message: FromThread) => this.#onMessage(message));
    worker.on("error", (error: Error) => {
      this.#cause = { error: error.message, stack: error.stack };
    });
    worker.on("exit", () => this.#onExit(worker));
  }

  #onMessage(message: FromThread): void {
    if (message.kind === "listening" || message.kind === "ready") {
      this.#state = "running";
      this.#epoch = this.#firstEpoch;
    } else if (message.kind === "applied") this.#epoch = message.epoch;
    else if (message.kind === "listen-failed") this.#end(`cannot listen: ${message.code}`);
    else if (message.kind === "stopped") this.#onStopped?.();
    this.settings.onMessage(message);
  }

  #onExit(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    if (this.#state === "stopping") return;
    this.#onStopped?.();
    const loss = this.#cause ?? { error: "exited", stack: undefined };
    this.#cause = undefined;
    this.#lastError = loss.error;
    this.settings.onLost(this.#counters, loss);
    this.#counters = new Counters();
    this.#state = "lost";
    this.#restarts++;
    this.#failuresInARow = Date.now() - this.#startedAtMs > SETTLED_AFTER_MS ? 0 : this.#failuresInARow + 1;
    const delayMs = Math.min(
      RESTART_DELAY_MS_MAX,
      RESTART_DELAY_MS_MIN * 2 ** Math.min(this.#failuresInARow, 10),
    );
    this.#restartTimer = setTimeout(() => this.start(), this.#failuresInARow === 0 ? 0 : delayMs);
  }

  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#say({ kind: "snapshot", snapshot });
  }

  #say(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  /** Replaces the worker when it has been silent for too long. */
  watch(nowMs: number): void {
    if (this.#worker === undefined || this.#state === "stopping") return;
    if (this.#silentMs(nowMs) <= this.settings.silenceMsMax) return;
    this.#end(`no sign of life for ${this.settings.silenceMsMax} ms`);
  }

  /** Ends the worker; another one follows. */
  #end(error: string): void {
    this.#cause = { error, stack: undefined };
    void this.#worker?.terminate();
  }

  #silentMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#counters.get("heartbeatMs"));
  }

  state(nowMs: number): ThreadState {
    return {
      name: this.name,
      kind: this.settings.kind,
      state: this.#state,
      epoch: this.#epoch,
      restarts: this.#restarts,
      lastError: this.#lastError,
      heartbeatAgeMs: this.#silentMs(nowMs),
    };
  }

  /** Lets it finish what is under way, at most `deadlineMs`, then ends it. */
  async stop(deadlineMs: number): Promise<void> {
    clearTimeout(this.#restartTimer);
    const worker = this.#worker;
    if (worker !== undefined) {
      // A little more than the thread gives itself: a hung one must not hold the shutdown.
      const patienceMs = deadlineMs + 1_000;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs);
        this.#onStopped = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#say({ kind: "stop", deadlineMs });
      });
    }
    clearTimeout(this.#restartTimer);
    this.#state = "stopping";
    await this.#worker?.terminate();
  }
}
