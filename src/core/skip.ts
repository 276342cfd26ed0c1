// Why an exchange was not mirrored or not compared. Each reason is counted; none is silent.

export const SKIP_REASONS = [
  // Decided on the serving thread, before or while serving.
  "stage-off", // the route has no shadow
  "no-candidate", // no candidate is configured
  "killed", // the kill switch is on
  "method", // an unsafe method that the route does not list
  "sampled-out", // not in the route's mirror sample
  "already-shadow", // the request is itself a mirror of another Parallax
  "upgrade", // a protocol switch (WebSocket) is not comparable
  "refused", // the request was refused before it reached an upstream
  "brownout", // a brownout of its deprecated route answered in place of the legacy
  "primary-failed", // who served gave no complete answer: nothing to compare with
  "rescued", // the candidate failed before its first byte and the legacy answered: its failure is known
  "client-aborted", // the client went away
  "request-overflow", // the request body is over mirror.requestBytesMax: it cannot be replayed
  "request-unfinished", // the legacy answered before the request's body was whole: there is no whole one to mirror
  "capture-budget", // the serving thread's capture budget is used up
  // Decided at the seam.
  "seam-full", // the ring has no room: the shadow side is slower than the traffic
  // Decided on the shadow thread, and by its sign on the serving thread.
  "in-flight", // too many mirrors under way
  "breaker-open", // the candidate failed too often in a row
  "shutdown", // Parallax was stopping
  // Counted by control when a thread is lost.
  "serving-thread-lost",
  "shadow-thread-lost",
] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

/** True for skips that are noted under their endpoint too; the others cost nothing beyond a count. */
export function isNotedByEndpoint(reason: SkipReason | undefined): boolean {
  switch (reason) {
    case "method":
    case "upgrade":
    case "request-overflow":
    case "request-unfinished":
    case "client-aborted":
    case "primary-failed":
    case "rescued":
      return true;
    default:
      return false;
  }
}
