// The place of the store's thread: the worker that holds it now, the one piece of work that it has, and its
// replacement when it is lost. Time is counted in ticks, so that a suspended process finds no thread guilty.
import { Worker } from "node:worker_threads";
import { assertNever } from "../core/assert.ts";
import type { StoreFault, StoreHealth, StoreLog, StoreRead } from "./store.ts";
import type { FromStoreThread, StoreThreadData, StoreWork } from "./thread-messages.ts";

const ENTRY = new URL("./store-thread.ts", import.meta.url);
/** A thread that is lost again right after its start is started again after 0.5 s, 1 s, … up to this. */
const RESTART_DELAY_MS_MAX = 30_000;
const RESTART_DELAY_MS_MIN = 500;
/** A thread that has lived this long is not in a crash loop. */
const SETTLED_AFTER_MS = 10_000;

export interface StorePlaceSettings {
  readonly data: StoreThreadData;
  readonly log: StoreLog;
  /** It has opened the file, and can be given work. */
  readonly onOpened: () => void;
  /** It can be given other work. */
  readonly onDone: (read: StoreRead<unknown> | undefined, health: StoreHealth) => void;
  /** Its work will never be done. */
  readonly onLost: (fault: StoreFault) => "replace" | "end";
}

export class StorePlace {
  readonly #settings: StorePlaceSettings;
  #worker: Worker | undefined;
  #state: "starting" | "idle" | "working" | "closing" | "lost" | "ended" = "lost";
  /** Why the worker is about to be lost, once that is known. */
  #cause: StoreFault | undefined;
  #livedMs = 0;
  #lossesInARow = 0;
  #restartInMs = 0;

  constructor(settings: StorePlaceSettings) {
    this.#settings = settings;
  }

  get isIdle(): boolean {
    return this.#state === "idle";
  }

  /** Nobody can say when it takes work again. */
  get isGone(): boolean {
    return this.#state === "lost" || this.#state === "ended";
  }

  start(): void {
    const worker = new Worker(ENTRY, { workerData: this.#settings.data, name: "store" });
    this.#worker = worker;
    this.#state = "starting";
    this.#livedMs = 0;
    worker.on("message", (message: FromStoreThread) => this.#onMessage(message));
    worker.on("messageerror", (error) => this.replace(lostFault(error)));
    worker.on("error", (error) => {
      this.#cause = lostFault(error);
    });
    worker.on("exit", () => this.#onExit());
  }

  #onMessage(message: FromStoreThread): void {
    switch (message.kind) {
      case "opened":
        this.#state = "idle";
        this.#settings.onOpened();
        break;
      case "open-failed":
        this.#cause = message.fault;
        break;
      case "done":
        // It ends by itself once it is closed, maybe in this very turn of the loop: then it is not lost.
        this.#state = this.#state === "closing" ? "ended" : "idle";
        this.#settings.onDone(message.read, message.health);
        break;
      case "logged":
        this.#settings.log[message.level](message.fields, message.message);
        break;
      default:
        assertNever(message);
    }
  }

  #onExit(): void {
    this.#worker = undefined;
    if (this.#state === "ended") return;
    const fault = this.#cause ?? lostFault(undefined);
    this.#cause = undefined;
    this.#state = "lost";
    this.#lossesInARow = this.#livedMs >= SETTLED_AFTER_MS ? 1 : this.#lossesInARow + 1;
    const doublings = Math.min(this.#lossesInARow - 2, 10);
    this.#restartInMs = Math.min(RESTART_DELAY_MS_MAX, RESTART_DELAY_MS_MIN * 2 ** doublings);
    if (this.#settings.onLost(fault) === "end") this.#state = "ended";
    else if (this.#lossesInARow === 1) this.start();
  }

  /** Gives it its next piece of work; it must be idle. Throws what cannot be sent. */
  give(work: StoreWork): void {
    this.#worker?.postMessage(work);
    this.#state = work.kind === "close" ? "closing" : "working";
  }

  tick(tickMs: number): void {
    if (this.#state !== "lost") {
      this.#livedMs += tickMs;
      return;
    }
    this.#restartInMs -= tickMs;
    if (this.#restartInMs <= 0) this.start();
  }

  /** Ends the worker; another one follows. One that is inside SQLite ends when that returns. */
  replace(fault: StoreFault): void {
    this.#cause = fault;
    void this.#worker?.terminate();
  }

  /** Ends the worker for good. */
  async end(): Promise<void> {
    this.#state = "ended";
    await this.#worker?.terminate();
  }
}

function lostFault(error: unknown): StoreFault {
  const reason = error instanceof Error ? error.message : "it exited";
  return { code: "internal", message: `the store's thread was lost (${reason})` };
}
