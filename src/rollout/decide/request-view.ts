// What a decision can rest on of a request: its bytes and where things lie in them. Read during `decide` alone; the
// bytes belong to the connection and are written over afterwards.
import type { Buffer } from "node:buffer";

/** The field lines of a head, as offsets into its bytes; values have no white space around them. */
export interface ViewLines {
  readonly count: number;
  nameStart(line: number): number;
  nameEnd(line: number): number;
  valueStart(line: number): number;
  valueEnd(line: number): number;
}

export interface RequestView {
  readonly bytes: Buffer;
  readonly lines: ViewLines;
  /** The target in origin-form is `bytes[targetStart..targetEnd]`, its path ends at `pathEnd`. */
  readonly targetStart: number;
  readonly pathEnd: number;
  readonly targetEnd: number;
  /** Of the other end of the connection. */
  readonly peerAddress: string;
  /** It is a proxy whose X-Forwarded-For is believed: the client's address is what that one says. */
  readonly isPeerTrusted: boolean;
}
