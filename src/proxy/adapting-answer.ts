// The answer on its way to an old client: an AnswerWriter with the route's adapter before it. Without one it is the
// writer alone, for the price of one property read. A body that is adapted is held whole; until then nothing of the
// answer has left, and another one may be given. What is kept for the judge is what the client gets.
import { Buffer } from "node:buffer";
import type { Adapter } from "../adapt/adapter.ts";
import type { ClientConnection } from "../wire/client-connection.ts";
import { ANSWER_LENGTH, ANSWER_NO_BODY, type ResponseHead } from "../wire/response-head.ts";
import { AnswerWriter, type WrittenHead } from "./answer-writer.ts";
import { HeldBody } from "./held-body.ts";
import type { RouteServing } from "./route-serving.ts";
import type { ServingContext } from "./serving-context.ts";

export class AdaptingAnswer extends AnswerWriter {
  readonly #context: ServingContext;
  readonly #body: HeldBody;
  #adapter: Adapter | undefined;
  #slot = 0;
  /** The head of an answer whose body is being held. */
  #held: { readonly bytes: Buffer; readonly parts: WrittenHead } | undefined;
  /** Why the client cannot have the answer. */
  fault: string | undefined;

  constructor(client: ClientConnection, context: ServingContext) {
    super(client, context);
    this.#context = context;
    this.#body = new HeldBody(context.captureBudget);
  }

  /** Why a client does not get the answer: the adapter, or what the writer refuses. */
  get faultCode(): "adapter-failed" | "upstream-bad-answer" {
    return this.fault === undefined ? "upstream-bad-answer" : "adapter-failed";
  }

  /** From now on until `release`. */
  adaptWith({ adapting, route }: RouteServing): void {
    this.#adapter = adapting?.adapter;
    this.#slot = route.slot;
  }

  override writeHead(head: ResponseHead, parts: WrittenHead): void {
    const adapter = this.#adapter;
    if (adapter === undefined) {
      super.writeHead(head, parts);
      return;
    }
    const bytes = Buffer.from(head.bytes.subarray(head.start, head.end));
    const plan = parts.bodyKind === ANSWER_NO_BODY ? undefined : adapter.answer.planFor(bytes);
    if (plan?.kind === "adapt") {
      this.#held = { bytes, parts };
      this.#body.begin(adapter.answer.body.bytesMax);
      return;
    }
    if (plan?.kind === "failed" && !this.#mayPass(adapter, plan.why)) return;
    this.#writeAdapted(adapter, { bytes, parts, bodyBytes: plan === undefined ? "none" : "same" });
  }

  /** The body could not be adapted: true where it goes on as it came. */
  #mayPass({ passes }: Adapter, why: string): boolean {
    this.#context.counters.addRouteEvent(this.#slot, "adapterFailed");
    if (!passes) this.fault = why;
    return passes;
  }

  #writeAdapted(
    { answer }: Adapter,
    {
      bytes,
      parts,
      bodyBytes,
    }: {
      readonly bytes: Buffer;
      readonly parts: WrittenHead;
      readonly bodyBytes: number | "same" | "none";
    },
  ): void {
    const adapted = answer.adaptHead(bytes, bodyBytes);
    const head = this.#context.adaptedHead;
    if (head.parse(adapted, 0, adapted.length) !== adapted.length) this.fault = `the head: ${head.detail}`;
    else super.writeHead(head, parts);
  }

  override writeBody(bytes: Buffer, start: number, end: number): boolean {
    const adapter = this.#adapter;
    if (this.#held === undefined || adapter === undefined) return super.writeBody(bytes, start, end);
    if (this.#body.add(bytes, start, end)) return true;
    if (!this.#mayPass(adapter, "the body is larger than what may be held of it")) return false;
    const hasRoom = this.#writeHeld(adapter);
    return this.fault === undefined && super.writeBody(bytes, start, end) && hasRoom;
  }

  /** What was held goes out as it came. */
  #writeHeld(adapter: Adapter): boolean {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return true;
    const body = this.#body.bytes();
    const parts = { ...held.parts, inRead: 0 };
    this.#writeAdapted(adapter, { bytes: held.bytes, parts, bodyBytes: "same" });
    return this.fault === undefined && super.writeBody(body, 0, body.length);
  }

  override finish(trailer: Uint8Array | undefined): boolean {
    const adapter = this.#adapter;
    if (this.#held === undefined || adapter === undefined) return super.finish(trailer);
    const body = this.#body.bytes();
    const outcome = adapter.answer.body.adapt(body);
    if (outcome.kind === "failed") {
      if (!this.#mayPass(adapter, outcome.why)) return false;
      this.#writeHeld(adapter);
      return this.fault === undefined && super.finish(trailer);
    }
    const { bytes, parts } = this.#held;
    const adapted = outcome.kind === "adapted" ? outcome.body : body;
    this.#held = undefined;
    this.#writeAdapted(adapter, {
      bytes,
      // Known whole: it leaves with a length, and without trailers.
      parts: { ...parts, bodyKind: ANSWER_LENGTH, inRead: adapted.length },
      bodyBytes: adapted.length,
    });
    if (this.fault !== undefined) return false;
    super.writeBody(adapted, 0, adapted.length);
    return super.finish(undefined);
  }

  override takeBack(): boolean {
    if (this.#held === undefined && this.fault === undefined) return super.takeBack();
    this.#held = undefined;
    return true;
  }

  override release(): void {
    super.release();
    if (this.#adapter === undefined) return;
    this.#adapter = undefined;
    this.#held = undefined;
    this.fault = undefined;
    this.#body.release();
  }
}
