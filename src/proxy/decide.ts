// Which route, and is it mirrored? Pure and synchronous, from one frozen snapshot; chance is an argument.
// What will not be mirrored is decided here, before a byte of it is kept.
import type { SkipReason } from "../core/skip.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { BODY_LENGTH, M_OTHER, METHOD_NAMES, type RequestHead } from "../wire/request-head.ts";

/** Why a request is not mirrored, or undefined: it is. `chance` is uniform in [0, 1). */
export function skipReasonFor(
  head: RequestHead,
  {
    snapshot,
    route,
    chance,
  }: { readonly snapshot: Snapshot; readonly route: RouteSettings; readonly chance: number },
): SkipReason | undefined {
  if (route.stage === "off") return "stage-off";
  if (snapshot.isKilled) return "killed";
  if (snapshot.upstreams.candidate === undefined) return "no-candidate";
  if (head.isShadow) return "already-shadow";
  if (head.isUpgrade) return "upgrade";
  const { methods, samplePercent, requestBytesMax } = route.mirror;
  const method = head.method === M_OTHER ? head.methodText() : (METHOD_NAMES[head.method] as string);
  if (!methods.includes(method)) return "method";
  if (chance * 100 >= samplePercent) return "sampled-out";
  if (head.bodyKind === BODY_LENGTH && head.contentLength > requestBytesMax) return "request-overflow";
  return undefined;
}

/** True for skips that are noted under their endpoint too; the others cost nothing beyond a count. */
export function isNotedByEndpoint(reason: SkipReason | undefined): boolean {
  switch (reason) {
    case "method":
    case "upgrade":
    case "request-overflow":
    case "request-unfinished":
    case "client-aborted":
    case "primary-failed":
      return true;
    default:
      return false;
  }
}
