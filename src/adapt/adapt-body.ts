// One JSON body → the same under the operations, or why it cannot be had. What no operation touched is the bytes it
// was: digits, escapes, order, duplicate names, white space. Synchronous; bounded in bytes, depth and steps.
import type { Buffer } from "node:buffer";
import type { BodyOperation } from "../core/adapters.ts";
import { Tape } from "../diff/json/tape.ts";
import { type CompiledOperation, compileOperation } from "./body-operations.ts";
import { STEPS_MAX, Steps } from "./find-places.ts";
import { DEPTH_MAX, readInto } from "./json-tape.ts";
import { JsonNode } from "./json-tree.ts";
import { writeTree } from "./write-tree.ts";

export type BodyOutcome =
  | { readonly kind: "unchanged" }
  | { readonly kind: "adapted"; readonly body: Buffer }
  /** `why` tells names of members that the config says, and no value. */
  | { readonly kind: "failed"; readonly why: string };

const UNCHANGED: BodyOutcome = { kind: "unchanged" };

/** Of the body under way: a tree never outlives the call that made it. */
const tape = new Tape();

export class BodyAdapter {
  readonly bytesMax: number;
  readonly #operations: readonly CompiledOperation[];

  constructor(operations: readonly BodyOperation[], bytesMax: number) {
    this.bytesMax = bytesMax;
    this.#operations = operations.map(compileOperation);
  }

  /** No operation is about the body. */
  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  adapt(body: Buffer): BodyOutcome {
    if (body.length > this.bytesMax) return failed(`the body is larger than ${this.bytesMax} bytes`);
    try {
      return this.#adapt(body);
    } finally {
      tape.release();
    }
  }

  #adapt(body: Buffer): BodyOutcome {
    const read = readInto(tape, body);
    if (read === "depth") return failed(`the body is nested deeper than ${DEPTH_MAX}`);
    if (read !== "ok") return failed("the body is no JSON text");
    const root = new JsonNode(tape, 0, undefined);
    const steps = new Steps();
    for (const operation of this.#operations) {
      const fault = operation({ root, steps });
      if (steps.isOver) return failed(`the body takes more than ${STEPS_MAX} steps`);
      if (fault !== undefined) return failed(fault);
    }
    if (!root.isChanged) return UNCHANGED;
    const adapted = writeTree(root, this.bytesMax);
    return adapted === undefined
      ? failed(`the adapted body is larger than ${this.bytesMax} bytes`)
      : { kind: "adapted", body: adapted };
  }
}

function failed(why: string): BodyOutcome {
  return { kind: "failed", why };
}
