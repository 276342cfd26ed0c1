// What the log says of a thread's failure.
import { ERROR_CODES, ERRORS, type ErrorCode } from "../core/errors.ts";
import type { ThreadKind } from "./thread.ts";

/** Never empty, and says whose failure it is: of a serving thread the legacy's, unless the candidate is named. */
export function failureText(kind: ThreadKind, code: string, detail: string): string {
  const facts = ERROR_CODES.includes(code as ErrorCode) ? ERRORS[code as ErrorCode] : undefined;
  const what = detail === "" ? (facts?.message ?? code) : detail;
  const isOfLegacy = kind === "serving" && facts?.fault === "upstream" && !what.startsWith("candidate ");
  return isOfLegacy ? `legacy ${what}` : what;
}
