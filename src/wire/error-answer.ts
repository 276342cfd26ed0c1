// The answers that Parallax gives itself: a status and a small JSON body from the error table.
import { Buffer } from "node:buffer";
import { ERRORS, type ErrorCode } from "../core/errors.ts";

/** Reason phrases of the statuses in the error table. */
const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  410: "Gone",
  414: "URI Too Long",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
  508: "Loop Detected",
};

/** Where an answer differs from what the table says. */
export interface SpecialAnswer {
  readonly status?: number;
  /** Header lines, each with CR LF. */
  readonly lines?: string;
}

/** The whole answer for `code`, ready to be written. `isLast` adds `connection: close`. */
export function errorAnswer(
  code: ErrorCode,
  shape: {
    readonly isLast: boolean;
    readonly isHeadRequest: boolean;
    /** Says in `x-parallax-served-by` that it is Parallax that answers. */
    readonly isNamed: boolean;
  },
  special: SpecialAnswer = {},
): Buffer {
  const { message } = ERRORS[code];
  const { status = ERRORS[code].status, lines = "" } = special;
  const body = `${JSON.stringify({ error: code, message })}\n`;
  return Buffer.from(
    `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n` +
      `${shape.isNamed ? "x-parallax-served-by: parallax\r\n" : ""}${lines}${shape.isLast ? "connection: close\r\n" : ""}\r\n` +
      (shape.isHeadRequest ? "" : body),
    "latin1",
  );
}
