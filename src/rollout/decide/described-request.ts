// A request that somebody describes in words, as bytes: so that explain asks the very code that decided it.
import { Buffer } from "node:buffer";
import type { RequestView, ViewLines } from "./request-view.ts";

export interface DescribedRequest {
  /** Path and query; `/` where nothing is said. */
  readonly target?: string | undefined;
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Of the other end of the connection. */
  readonly address?: string | undefined;
}

interface Line {
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

class DescribedLines implements ViewLines {
  readonly #lines: readonly Line[];

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  get count(): number {
    return this.#lines.length;
  }

  nameStart(line: number): number {
    return this.#lines[line]?.nameStart ?? 0;
  }

  nameEnd(line: number): number {
    return this.#lines[line]?.nameEnd ?? 0;
  }

  valueStart(line: number): number {
    return this.#lines[line]?.valueStart ?? 0;
  }

  valueEnd(line: number): number {
    return this.#lines[line]?.valueEnd ?? 0;
  }
}

/** Its texts as UTF-8. `isTrusted` tells of the address whether it is a trusted proxy's. */
export function viewOf(
  { target = "/", headers = [], address = "" }: DescribedRequest,
  isTrusted: (address: string) => boolean,
): RequestView {
  const parts: Buffer[] = [];
  let length = 0;
  const put = (text: string): number => {
    const part = Buffer.from(text);
    parts.push(part);
    length += part.length;
    return length;
  };
  const targetEnd = put(target);
  const query = target.indexOf("?");
  const lines = headers.map(([name, value]): Line => {
    const nameStart = length;
    const nameEnd = put(name);
    // As the codec reads it (RFC 9110 §5.5).
    return { nameStart, nameEnd, valueStart: nameEnd, valueEnd: put(value.replace(/^[ \t]+|[ \t]+$/g, "")) };
  });
  return {
    bytes: Buffer.concat(parts),
    lines: new DescribedLines(lines),
    targetStart: 0,
    pathEnd: query < 0 ? targetEnd : Buffer.byteLength(target.slice(0, query)),
    targetEnd,
    peerAddress: address,
    isPeerTrusted: isTrusted(address),
  };
}
