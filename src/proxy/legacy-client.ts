// A client that the legacy is to serve by what was decided: counted as one that calls it, and turned away while its
// route is browned out.
import type { Counters } from "../core/counters.ts";
import type { SpecialAnswer } from "../wire/error-answer.ts";
import type { RequestHead } from "../wire/request-head.ts";
import type { Decided } from "./decided.ts";
import type { RouteServing } from "./route-serving.ts";

export type { SpecialAnswer };

/**
 * What it gets instead of the legacy's answer; undefined: it is served. Whoever the kill switch or the tripwire sent to
 * the legacy did not choose it, and a mirror of another Parallax is no client.
 */
export function meetLegacyClient(
  head: RequestHead,
  { brownout, callers, decider, route }: RouteServing,
  { decided, counters }: { readonly decided: Decided; readonly counters: Counters },
): SpecialAnswer | undefined {
  if (callers === undefined && brownout === undefined) return undefined;
  if (decided.isByCandidate || decided.isForced || head.isShadow) return undefined;
  callers?.note(head, decided.unit, decider);
  const answer = brownout?.answerAt(Date.now());
  if (answer === undefined) return undefined;
  counters.addRouteEvent(route.slot, "brownedOut");
  decided.refuse("brownout");
  return answer;
}
