// Which routes the board shows, and in which order. Pure; what is not known comes last in either direction.
import type { SortOrder } from "../parts/virtual-table.tsx";
import { promotionOf } from "./action-form.ts";
import type { BoardRoute } from "./board-route.ts";
import { STAGE_ORDER, type Stage } from "./track.ts";
import { sharesApart } from "./words.ts";

const VERDICT_ORDER = ["fail", "unhealthy", "insufficient", "pass"];

/** From what cannot wait to what nobody need look at. */
const ATTENTION = ["act", "look", "ready", "under-way", "at-rest"] as const;
export type Attention = (typeof ATTENTION)[number];

export function isReady(route: BoardRoute): boolean {
  return promotionOf(route) === "freely" && route.gate?.verdict === "pass";
}

export function attentionOf(route: BoardRoute): Attention {
  const { latch, isKilled, isPaused, gate, stragglers, warnings, shares, stage } = route;
  if (isKilled || latch !== null || gate?.verdict === "fail") return "act";
  if (gate?.verdict === "unhealthy" || stragglers.length > 0) return "look";
  if (isReady(route)) return "ready";
  if (isPaused || warnings.length > 0 || sharesApart(shares) !== undefined) return "look";
  return stage === "off" || stage === "complete" ? "at-rest" : "under-way";
}

/** `never` is later than any time, and what is not known later than that. */
function etaValue({ eta, gate }: BoardRoute): number | null {
  if (gate?.verdict === "pass") return 0;
  if (eta === null || eta.kind === "unknown") return null;
  if (eta.kind === "never") return Number.MAX_VALUE;
  return eta.ms ?? 0;
}

/** By stage, then by share: routes have ramps of their own. */
const stageValue = ({ stage, percent }: BoardRoute): number => STAGE_ORDER.indexOf(stage) + percent / 101;

const VALUES: Readonly<Record<string, (route: BoardRoute) => number | string | null>> = {
  attention: (route) => ATTENTION.indexOf(attentionOf(route)),
  route: ({ route }) => route,
  stage: stageValue,
  share: ({ shares }) => shares.requests,
  gate: ({ gate }) => (gate === null ? null : VERDICT_ORDER.indexOf(gate.verdict)),
  eta: etaValue,
  since: ({ enteredAtMs }) => enteredAtMs,
};
export const SORT_KEYS: readonly string[] = Object.keys(VALUES);

const DESCENDING_FIRST: ReadonlySet<string> = new Set(["stage", "share", "since"]);
export const isDescendingFirst = (key: string): boolean => DESCENDING_FIRST.has(key);

export function sortRoutes<Route extends BoardRoute>(
  routes: readonly Route[],
  { key, isDescending }: SortOrder,
): readonly Route[] {
  const valueIn = VALUES[key];
  if (valueIn === undefined) return routes;
  const sign = isDescending ? -1 : 1;
  return routes
    .map((route) => ({ route, value: valueIn(route) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      if (a.value === b.value) return a.route.route < b.route.route ? -1 : 1;
      return a.value < b.value ? -sign : sign;
    })
    .map(({ route }) => route);
}

export interface BoardFilter {
  /** Words that all stand in the name. */
  readonly search: string;
  readonly stage: Stage | undefined;
  readonly show: "all" | "attention" | "ready";
}

export function filterRoutes<Route extends BoardRoute>(
  routes: readonly Route[],
  { search, stage, show }: BoardFilter,
): readonly Route[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return routes.filter((route) => {
    if (stage !== undefined && route.stage !== stage) return false;
    if (!words.every((word) => route.route.toLowerCase().includes(word))) return false;
    if (show === "all") return true;
    const attention = attentionOf(route);
    return show === "ready" ? attention === "ready" : attention === "act" || attention === "look";
  });
}
