// The request under way as a decision sees it. One for each serving thread, pointed at one head after the other:
// nothing is copied and nothing made. It must not be asked after the head's bytes are gone.
import type { Buffer } from "node:buffer";
import type { RequestView } from "../rollout/decide/request-view.ts";
import type { FieldLineTable } from "../wire/field-lines.ts";
import type { ClientFacts } from "../wire/forward-head.ts";
import type { RequestHead } from "../wire/request-head.ts";

export class HeadView implements RequestView {
  #head: RequestHead;
  peerAddress = "";
  isPeerTrusted = false;

  constructor(head: RequestHead) {
    this.#head = head;
  }

  point(head: RequestHead, client: ClientFacts): void {
    this.#head = head;
    this.peerAddress = client.address;
    this.isPeerTrusted = client.isTrusted;
  }

  get bytes(): Buffer {
    return this.#head.bytes;
  }

  get lines(): FieldLineTable {
    return this.#head.lines;
  }

  get targetStart(): number {
    return this.#head.targetStart;
  }

  get pathEnd(): number {
    return this.#head.pathEnd;
  }

  get targetEnd(): number {
    return this.#head.targetEnd;
  }
}
