// One route on the board: where it stands, what the candidate serves, what the gate says, what somebody should know.
import type { RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { useNow } from "../parts/now.ts";
import { Link } from "../router.tsx";
import { attentionOf } from "./board-order.ts";
import type { BoardRoute } from "./board-route.ts";
import { Concerns } from "./concerns.tsx";
import { GateLines, VerdictBadge } from "./gate.tsx";
import { Shares } from "./shares.tsx";
import { Track } from "./track.tsx";
import { etaWords, noGateWords, worstFirst } from "./words.ts";

const STEP_MS = 5000;
/** What does not pass is always shown; of the rest as many as fill up to this. */
const CHECKS_SHOWN = 5;

export const routeAddress = (route: string): string => `/rollout/${encodeURIComponent(route)}`;

export function RouteCard({ route }: { readonly route: RolloutRouteAnswer }) {
  const { gate, next } = route;
  const checks = gate === null ? [] : worstFirst(gate.checks);
  const failing = checks.filter(({ verdict }) => verdict !== "pass").length;
  const shown = checks.slice(0, Math.max(CHECKS_SHOWN, failing));
  return (
    <article class={`panel route-card ${attentionOf(route)}`}>
      <header>
        <h2>
          <Link to={routeAddress(route.route)}>{route.route}</Link>
        </h2>
        <strong class="step">{route.step}</strong>
      </header>
      <Track route={route} />
      <Concerns route={route} />
      <Shares shares={route.shares} />
      <p class="gate-says">
        {gate === null ? (
          <span class="muted">{noGateWords(route)}</span>
        ) : (
          <VerdictBadge verdict={gate.verdict} />
        )}
        <Eta route={route} />
        {next === null ? null : <span class="muted">next: {next.step}</span>}
      </p>
      {shown.length === 0 ? null : <GateLines checks={shown} />}
      {checks.length === shown.length ? null : (
        <p class="muted small">and {checks.length - shown.length} more that pass</p>
      )}
    </article>
  );
}

export function Eta({ route }: { readonly route: Pick<BoardRoute, "eta" | "gate" | "next"> }) {
  const { text, title } = etaWords(route, useNow(STEP_MS));
  return <span title={title}>{text}</span>;
}
