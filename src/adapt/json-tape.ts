// JSON texts → tapes, for adapters: a body's under a bound on its depth, a value of the config's own.
import { Buffer } from "node:buffer";
import { assert } from "../core/assert.ts";
import type { Clock } from "../core/clock.ts";
import { Deadline } from "../diff/deadline.ts";
import { Tape } from "../diff/json/tape.ts";
import { type TokenizeOutcome, tokenize } from "../diff/json/tokenize.ts";

/** Nesting of a body. Nothing recurses over it; it bounds what an operation with `**` walks through. */
export const DEPTH_MAX = 10_000;

/** Time does not pass: the work is bounded by bytes. */
const STILL: Clock = { nowMs: () => 0, monotonicMs: () => 0 };

export function readInto(tape: Tape, body: Buffer): TokenizeOutcome {
  return tokenize(tape, body, { depthMax: DEPTH_MAX, deadline: new Deadline(STILL, 1) });
}

/** Of a value that config made: it always parses. */
export function tapeOf(text: string): Tape {
  const tape = new Tape();
  const outcome = readInto(tape, Buffer.from(text));
  assert(outcome === "ok", `a value of an adapter is a JSON text, found ${outcome}`);
  return tape;
}
