// What the heads of requests and answers have in common: where they lie, their field lines, what Connection says.
// Reused from message to message; it points into the bytes it was parsed from and must not outlive them.
import { Buffer } from "node:buffer";
import type { FieldLines } from "../core/exchange.ts";
import { ConnectionOptions } from "./connection-options.ts";
import { allEntries, allValues, FieldLineTable, firstValue } from "./field-lines.ts";

export interface HeadLimits {
  readonly headBytesMax: number;
  readonly targetBytesMax: number;
  readonly headerLinesMax: number;
}

export abstract class Head implements FieldLines {
  readonly limits: HeadLimits;
  readonly lines: FieldLineTable;
  readonly connection = new ConnectionOptions();
  bytes: Buffer = Buffer.alloc(0);
  /** The head is `bytes[start..end]`, with its closing empty line. */
  start = 0;
  end = 0;
  isHttp10 = false;
  isKeepAlive = true;

  constructor(limits: HeadLimits) {
    this.limits = limits;
    this.lines = new FieldLineTable(limits.headerLinesMax);
  }

  /** Whether the connection stays open after this message (RFC 9112 §9.3); once `connection` is read. */
  protected decideKeepAlive(): void {
    const { isClose, isKeepAlive } = this.connection;
    this.isKeepAlive = !isClose && (isKeepAlive || !this.isHttp10);
  }

  get(name: string): string | undefined {
    return firstValue(this.bytes, this.lines, name);
  }

  getAll(name: string): readonly string[] {
    return allValues(this.bytes, this.lines, name);
  }

  entries(): readonly (readonly [string, string])[] {
    return allEntries(this.bytes, this.lines);
  }
}
