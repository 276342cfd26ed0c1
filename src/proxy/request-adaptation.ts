// What an adapter does to the request under way before the candidate is asked. One per client connection that ever
// needs it. Where a body cannot be adapted the request never leaves for the candidate: the legacy gets it, once, or
// the client is told; unless it may go as it came.
import { Buffer } from "node:buffer";
import type { ClientConnection } from "../wire/client-connection.ts";
import type { OutgoingRequest } from "./outgoing-request.ts";
import type { RouteServing } from "./route-serving.ts";
import type { ServingContext } from "./serving-context.ts";

/** RFC 9110 §10.1.1: who waits for it sends no body before. */
const CONTINUE = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");

/** The request, and how it goes on: exactly one of these is called for each. */
export interface AfterAdapting {
  readonly request: OutgoingRequest;
  readonly toCandidate: () => void;
  readonly toLegacy: () => void;
  readonly fail: (why: string) => void;
}

export class RequestAdaptation {
  readonly #context: ServingContext;
  readonly #client: ClientConnection;
  readonly #request: OutgoingRequest;
  readonly #after: AfterAdapting;
  #serving: RouteServing;

  constructor(context: ServingContext, client: ClientConnection, after: AfterAdapting) {
    this.#context = context;
    this.#client = client;
    this.#request = after.request;
    this.#serving = context.routing.other;
    this.#after = after;
  }

  /** The request's heads are written. It goes on at once, or when its body is whole. */
  begin(serving: RouteServing): void {
    this.#serving = serving;
    const { adapting, route } = serving;
    if (adapting === undefined) {
      this.#after.toCandidate();
      return;
    }
    this.#context.counters.addRouteEvent(route.slot, "adapted");
    const why = this.#request.beginAdapting(adapting.adapter);
    if (!this.#request.isCollecting) this.#goOn(why);
    else if (!this.#request.isHttp10 && adapting.adapter.request.isContinueAwaited(this.#request.head))
      this.#client.write(CONTINUE);
  }

  /** False where there is no room for that part: the request has gone on without it. */
  collect(bytes: Buffer, start: number, end: number): boolean {
    if (this.#request.collect(bytes, start, end)) return true;
    this.#request.endCollecting();
    this.#goOn(this.#request.adaptCollected(false));
    return false;
  }

  /** All of the body was collected. */
  finish(): void {
    this.#request.endCollecting();
    this.#goOn(this.#request.adaptCollected(true));
  }

  #goOn(why: string | undefined): void {
    const { route, adapting } = this.#serving;
    if (why !== undefined) this.#context.counters.addRouteEvent(route.slot, "adapterFailed");
    if (why === undefined || adapting?.adapter.passes === true) this.#after.toCandidate();
    else if (route.rollout.rescue.isOn) {
      // Whatever it asks for, it is asked once. The candidate is not to blame: nothing is counted against it.
      this.#context.reportFailure("adapter-failed", why);
      this.#after.toLegacy();
    } else this.#after.fail(why);
  }
}
