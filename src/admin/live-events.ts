// Server-sent events: the summary once a second, and word of changes, while somebody listens.
// Bounded: so many listeners, one timer for all of them, and one that does not read is let go.
import type { Log } from "../telemetry/log.ts";
import type { Summary } from "./schemas.ts";

/** Tabs of the page: some people with some tabs each. */
export const LISTENERS_MAX = 64;
/** Events that a listener may leave unread: some KiB each, a quarter of a minute. */
export const EVENTS_UNREAD_MAX = 16;
export const SUMMARY_EVERY_MS = 1_000;

export const CHANGES = ["triage", "rules", "kill", "reload", "rollout"] as const;
export type Change = (typeof CHANGES)[number];

/** A comment, by which a client sees that the connection is there. */
const HEARTBEAT = ": still here\n\n";
/** A client whose connection ends comes back after this. */
const OPENING = "retry: 2000\n\n";

interface Listener {
  readonly send: (text: string) => void;
  readonly end: () => void;
}

export interface LiveEventsParts {
  readonly summary: () => Promise<Summary>;
  readonly log: Pick<Log, "warn">;
  readonly everyMs?: number | undefined;
}

export class LiveEvents {
  readonly #parts: LiveEventsParts;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;
  #isClosed = false;

  constructor(parts: LiveEventsParts) {
    this.#parts = parts;
  }

  get isFull(): boolean {
    return this.#isClosed || this.#listeners.size >= LISTENERS_MAX;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** `cut` ends the connection of a listener that does not read. */
  open(cut: () => void): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let listener: Listener | undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const leave = () => this.#leave(listener);
          listener = {
            send: (text) => {
              if ((controller.desiredSize ?? 0) > 0) return controller.enqueue(encoder.encode(text));
              leave();
              this.#parts.log.warn({}, "a listener of live events did not read, and was let go");
              cut();
            },
            end: () => {
              leave();
              controller.close();
            },
          };
          this.#listeners.add(listener);
          listener.send(OPENING);
          this.#timer ??= setInterval(() => this.#tick(), this.#parts.everyMs ?? SUMMARY_EVERY_MS);
          this.#timer.unref();
          void this.#tell([listener]);
        },
        cancel: () => this.#leave(listener),
      },
      new CountQueuingStrategy({ highWaterMark: EVENTS_UNREAD_MAX }),
    );
  }

  changed(what: Change): void {
    this.#send(`event: changed\ndata: ${JSON.stringify({ what })}\n\n`);
  }

  /** Ends every answer, so that the server can close. */
  close(): void {
    this.#isClosed = true;
    for (const listener of [...this.#listeners]) listener.end();
  }

  #leave(listener: Listener | undefined): void {
    if (listener !== undefined) this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #send(text: string): void {
    for (const listener of [...this.#listeners]) listener.send(text);
  }

  #tick(): void {
    // The store takes its time: the connection is shown to be alive, and no second reading waits behind it.
    if (this.#isReading) {
      this.#send(HEARTBEAT);
      return;
    }
    this.#isReading = true;
    void this.#tell(this.#listeners).finally(() => {
      this.#isReading = false;
    });
  }

  /** Those of them that listen still. */
  async #tell(listeners: Iterable<Listener>): Promise<void> {
    let text = HEARTBEAT;
    try {
      text = `event: summary\ndata: ${JSON.stringify(await this.#parts.summary())}\n\n`;
    } catch (err) {
      this.#parts.log.warn({ err }, "the summary for live events could not be made");
    }
    for (const listener of [...listeners]) if (this.#listeners.has(listener)) listener.send(text);
  }
}
