// Is a request mirrored, is it recorded? Pure and synchronous, from one frozen snapshot; chance is an argument.
// What will be neither mirrored nor recorded is decided here, before a byte of it is kept.
import type { SkipReason } from "../core/skip.ts";
import type { RouteSettings, Snapshot } from "../core/snapshot.ts";
import { BODY_LENGTH, M_OTHER, METHOD_NAMES, type RequestHead } from "../wire/request-head.ts";

export interface Grounds {
  readonly snapshot: Snapshot;
  readonly route: RouteSettings;
  readonly chance: number;
  readonly isKilled: boolean;
  readonly isByCandidate: boolean;
}

/** Why a request is not mirrored, or undefined: it is. `chance` is uniform in [0, 1). */
export function skipReasonFor(
  head: RequestHead,
  { snapshot, route, chance, isKilled, isByCandidate }: Grounds,
): SkipReason | undefined {
  // At its end a route has no shadow any more: the legacy may be gone.
  if (route.stage === "off" || route.stage === "complete") return "stage-off";
  if (isKilled) return "killed";
  if (snapshot.upstreams.candidate === undefined) return "no-candidate";
  if (head.isShadow) return "already-shadow";
  if (head.isUpgrade) return "upgrade";
  const { methods, samplePercent, requestBytesMax } = route.mirror;
  if (!methods.includes(methodOf(head))) return "method";
  // What the candidate has written is not written to the legacy as well, whatever the route mirrors to the candidate.
  if (isByCandidate && !head.isSafe) return "method";
  if (chance * 100 >= samplePercent) return "sampled-out";
  if (head.bodyKind === BODY_LENGTH && head.contentLength > requestBytesMax) return "request-overflow";
  return undefined;
}

/**
 * Is it to be recorded? Whether it is mirrored does not matter, so that no candidate is needed, and none can change
 * what is recorded. With the `chance` of mirroring: the smaller of the two samples lies in the larger one.
 */
export function isToBeRecorded(
  head: RequestHead,
  { snapshot: { record }, route, chance, isKilled }: Grounds,
): boolean {
  if (record === undefined || isKilled || route.stage === "off") return false;
  if (head.isShadow || head.isUpgrade || chance * 100 >= record.samplePercent) return false;
  const { methods = route.mirror.methods } = record;
  return methods === "all" || methods.includes(methodOf(head));
}

function methodOf(head: RequestHead): string {
  return head.method === M_OTHER ? head.methodText() : (METHOD_NAMES[head.method] as string);
}
