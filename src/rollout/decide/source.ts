// One text that units or cohorts ask of a request, and where it was found in the request under way (HOT).
import { Buffer } from "node:buffer";
import type { RequestValue } from "../../core/snapshot.ts";

export const UNREAD = 0;
/** The request does not have it, or has it empty. */
export const MISSING = 1;
/** It has it more than once, or it cannot be told. */
export const AMBIGUOUS = 2;
export const PRESENT = 3;

const EMPTY = Buffer.alloc(0);

export class Source {
  readonly from: RequestValue;
  /** Of cookies and query parameters. */
  readonly name: Buffer;
  state = UNREAD;
  /** Where it is PRESENT: `bytes[start..end]`, until the next request. */
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;

  constructor(from: RequestValue) {
    this.from = from;
    this.name = Buffer.from(from.name);
  }

  /** It may have it: that cannot be told. */
  setUnclear(): void {
    this.state = AMBIGUOUS;
  }

  /** Notes one occurrence; a second one makes it ambiguous, whatever either says. */
  note(bytes: Buffer, start: number, end: number): void {
    if (this.state !== UNREAD) {
      this.state = AMBIGUOUS;
      return;
    }
    this.state = end > start ? PRESENT : MISSING;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }
}
