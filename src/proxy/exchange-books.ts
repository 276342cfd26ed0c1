// The books of the exchange under way: begun once, ended once, and handed to the shadow side with its end. One per
// client connection, reused request by request.
import { performance } from "node:perf_hooks";
import type { AnswerWriter } from "./answer-writer.ts";
import type { Decided } from "./decided.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";
import { publish } from "./publish.ts";
import type { ServingContext } from "./serving-context.ts";

export const BY_LEGACY = 0;
export const BY_CANDIDATE = 1;
export const BY_PARALLAX = 2;

export class ExchangeBooks {
  readonly #context: ServingContext;
  readonly #decided: Decided;
  readonly #request: OutgoingRequest;
  readonly #answer: AnswerWriter;
  #slot = 0;
  #epoch = 0;
  #startedAt = 0;
  #startedAtMs = 0;

  constructor(
    context: ServingContext,
    parts: {
      readonly decided: Decided;
      readonly request: OutgoingRequest;
      readonly answer: AnswerWriter;
    },
  ) {
    this.#context = context;
    this.#decided = parts.decided;
    this.#request = parts.request;
    this.#answer = parts.answer;
  }

  begin(slot: number, epoch: number): void {
    const { counters } = this.#context;
    this.#slot = slot;
    this.#epoch = epoch;
    this.#startedAt = performance.now();
    counters.addExchange(slot);
    counters.add("requestsInFlight", 1);
  }

  /** The time of day is wanted, too: a clock is read for it. */
  stamp(): void {
    this.#startedAtMs = Date.now();
  }

  /**
   * `status` 0: the answer was broken off. `upstream`: whose answer it is, or would have been. `latencyMs` is the
   * upstream's own.
   */
  end(
    status: number,
    servedBy: 0 | 1 | 2,
    { upstream, latencyMs }: { readonly upstream: 0 | 1; readonly latencyMs: number },
  ): void {
    const { counters } = this.#context;
    counters.add("requestsInFlight", -1);
    counters.addRequest(this.#slot, servedBy, status, (performance.now() - this.#startedAt) / 1000);
    publish(this.#context, {
      slot: this.#slot,
      epoch: this.#epoch,
      decided: this.#decided,
      request: this.#request,
      answer: this.#answer,
      status,
      servedBy: upstream === BY_LEGACY ? "legacy" : "candidate",
      isAnswered: status !== 0 && servedBy !== BY_PARALLAX,
      startedAtMs: this.#startedAtMs,
      latencyMs,
    });
  }
}
