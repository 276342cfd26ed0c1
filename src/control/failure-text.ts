// What the log says of a thread's failure.
import { ERROR_CODES, ERRORS, type ErrorCode } from "../core/errors.ts";
import type { ThreadKind } from "./thread.ts";

/** Never empty, and says whose failure it is: a serving thread has one upstream, the shadow names its own. */
export function failureText(kind: ThreadKind, code: string, detail: string): string {
  const facts = ERROR_CODES.includes(code as ErrorCode) ? ERRORS[code as ErrorCode] : undefined;
  const what = detail === "" ? (facts?.message ?? code) : detail;
  return kind === "serving" && facts?.fault === "upstream" ? `legacy ${what}` : what;
}
