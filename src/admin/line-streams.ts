// Answers that are made while they are sent. Bounded: so many at once, and a client that stops reading is let go.
// Invariant: what is not whole never ends like what is: it is cut.
import type { Log } from "../telemetry/log.ts";

/** Each holds one page in memory, and asks the store again and again. */
export const LINE_STREAMS_MAX = 4;
/** Without the client taking anything. */
export const STALL_MS_MAX = 30_000;

export class LineStreams {
  readonly #log: Pick<Log, "warn">;
  readonly #stallMsMax: number;
  #open = 0;

  constructor({ log, stallMsMax = STALL_MS_MAX }: { log: Pick<Log, "warn">; stallMsMax?: number }) {
    this.#log = log;
    this.#stallMsMax = stallMsMax;
  }

  get isFull(): boolean {
    return this.#open >= LINE_STREAMS_MAX;
  }

  /** Reads on only when the client took what there was. `cut` ends the connection without an end of the answer. */
  open(text: AsyncGenerator<string>, cut: () => void): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    this.#open++;
    let isOver = false;
    let stalled: NodeJS.Timeout | undefined;
    const finish = (failure: unknown) => {
      clearTimeout(stalled);
      if (isOver) return;
      isOver = true;
      this.#open--;
      if (failure !== undefined) this.#log.warn({ err: failure }, "an export ended before it was whole");
    };
    const letGo = (failure: unknown) => {
      finish(failure);
      // A generator that is at work ends at its next yield; nobody waits for it.
      return text.return(undefined).catch(() => undefined);
    };
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        clearTimeout(stalled);
        try {
          let read = await text.next();
          while (read.done !== true && read.value === "" && !isOver) read = await text.next();
          if (isOver) return;
          if (read.done === true) {
            controller.close();
            return finish(undefined);
          }
          controller.enqueue(encoder.encode(read.value));
        } catch (failure) {
          finish(failure);
          return cut();
        }
        stalled = setTimeout(() => {
          void letGo(new Error(`the client took nothing for ${this.#stallMsMax} ms`));
          cut();
        }, this.#stallMsMax);
      },
      cancel: async () => {
        await letGo(new Error("the client went away"));
      },
    });
  }
}
