// One route: where it stands, what the gate says in full, what can be done, its plan, and all that happened to it.
import type { PlanAnswer, RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { EmptyState } from "../parts/empty-state.tsx";
import { Failure } from "../parts/failure.tsx";
import { Loading } from "../parts/loading.tsx";
import { Time } from "../parts/time.tsx";
import { useTitle } from "../parts/title.ts";
import { Link } from "../router.tsx";
import { ActionsPanel } from "./actions-panel.tsx";
import { CallersPanel } from "./callers-panel.tsx";
import { Concerns } from "./concerns.tsx";
import { ExplainPanel } from "./explain-panel.tsx";
import { GatePanel } from "./gate.tsx";
import { JournalPanel } from "./journal.tsx";
import { AGAIN_MS, AsOf, useIsOld, useLiveAnswer } from "./load.tsx";
import { PlanPanel } from "./plan-panel.tsx";
import { Shares } from "./shares.tsx";
import { Track } from "./track.tsx";
import "./rollout.css";
import "./route.css";

const NOT_FOUND = 404;

export function RoutePage({ name }: { readonly name: string }) {
  const path = `/api/rollout/${encodeURIComponent(name)}`;
  const answer = useLiveAnswer<RolloutRouteAnswer>(path);
  const plan = useLiveAnswer<PlanAnswer>(`${path}/plan`, 2 * AGAIN_MS);
  const isOld = useIsOld(answer);
  useTitle(name);
  const { value: route, failure } = answer;
  if (route === undefined) {
    if (failure === undefined) return <Loading label="the route" lines={12} />;
    if (failure.status !== NOT_FOUND) return <Failure failure={failure} />;
    return (
      <EmptyState title="There is no such route">
        <p>
          It may have another name by now: look at <Link to="/rollout">the board</Link>.
        </p>
      </EmptyState>
    );
  }
  const onChanged = () => {
    answer.reload();
    plan.reload();
  };
  return (
    <div class="rollout">
      <p class="row spread">
        <Link to="/rollout">← The board</Link>
        <AsOf answer={answer} />
      </p>
      <div class="route-head">
        <h1>{route.route}</h1>
        <strong class="step">{route.step}</strong>
        <span class="muted">
          {route.enteredAtMs === null ? (
            "since the start"
          ) : (
            <>
              since <Time atMs={route.enteredAtMs} />
            </>
          )}{" "}
          · epoch {route.epoch}
        </span>
      </div>
      {failure === undefined ? null : <Failure failure={failure} />}
      <Concerns route={route} />
      <div class="panel stand">
        <Track route={route} />
        <div>
          <h2>Served by the candidate</h2>
          <Shares shares={route.shares} />
        </div>
      </div>
      <div class="route-grid">
        <GatePanel gate={route.gate} />
        <div class="beside">
          <ActionsPanel route={route} plan={plan.value} isOld={isOld} onChanged={onChanged} />
          <PlanPanel plan={plan.value} failure={plan.failure} />
        </div>
        <JournalPanel route={name} />
        <div class="beside">
          <CallersPanel route={name} deprecation={route.deprecation} />
          <ExplainPanel route={name} />
        </div>
      </div>
    </div>
  );
}
