// What can be done with a route now, and of the rest, why not: buttons that ask before they act.
import { useState } from "preact/hooks";
import type { PlanAnswer, RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { mayActAs } from "../../core/role.ts";
import { useMe } from "../frame/me.tsx";
import { ActionDialog } from "./action-dialog.tsx";
import { promotionOf, type Wish } from "./action-form.ts";
import { Eta } from "./route-card.tsx";
import { ACTION_WORDS } from "./words.ts";

export interface ActionsPanelProps {
  readonly route: RolloutRouteAnswer;
  readonly plan: PlanAnswer | undefined;
  /** What is shown is not what is. */
  readonly isOld: boolean;
  readonly onChanged: () => void;
}

export function ActionsPanel({ route, plan, isOld, onChanged }: ActionsPanelProps) {
  const [wish, setWish] = useState<Wish>();
  const me = useMe();
  // Where it is not known yet, nothing is kept from them: the API decides anyway.
  const mayAct = me === undefined || mayActAs(me.role, "operator");
  const { actions, next, back, advance, approvers, policy } = route;
  const promotion = promotionOf(route);
  // What makes no sense where it stands (resuming what is not paused) is not there; promote is, with why not.
  const shown = actions.filter(({ action, isAllowed }) => action === "promote" || isAllowed);
  const refusal = actions.find(({ action }) => action === "promote")?.why ?? "";
  return (
    <>
      <section class="panel actions-panel">
        <h2>What can be done</h2>
        <dl class="facts">
          <dt>Next</dt>
          <dd>
            {next === null ? (
              "nothing"
            ) : (
              <>
                <strong>{next.step}</strong> · <Eta route={route} />
                {next.needsApproval ? " · to be approved" : ""}
              </>
            )}
          </dd>
          <dt>Back</dt>
          <dd>{back === null ? "nowhere" : <strong>{back.step}</strong>}</dd>
          <dt>Goes on</dt>
          <dd>
            {advance === "automatic" ? "by itself, once the gate passes" : "when somebody approves"}
            {approvers.length === 0 ? "" : ` (${approvers.join(", ")})`} · policy {policy}
          </dd>
        </dl>
        {mayAct ? null : (
          <p class="whynot">
            You are a <strong>{me?.role}</strong>: moving a route needs the role operator.
          </p>
        )}
        {isOld ? <p class="whynot">What is shown is old: nothing is moved until it is read again.</p> : null}
        <div class="row buttons">
          {shown.map(({ action, isAllowed, why }) => (
            <button
              key={action}
              type="button"
              class={
                action === "promote" ? "primary" : action === "kill" || action === "rollback" ? "danger" : ""
              }
              disabled={!isAllowed || why !== "" || !mayAct || isOld}
              title={why === "" ? undefined : why}
              onClick={() => setWish(action)}
            >
              {ACTION_WORDS[action].button} …
            </button>
          ))}
          {promotion === "by-force" ? (
            <button
              type="button"
              class="against"
              disabled={!mayAct || isOld}
              onClick={() => setWish("force")}
            >
              Promote against the gate …
            </button>
          ) : null}
        </div>
        {refusal === "" || !mayAct ? null : (
          <p class="refusal muted small">
            {ACTION_WORDS.promote.button}: {refusal}
          </p>
        )}
      </section>
      {wish === undefined ? null : (
        <ActionDialog
          wish={wish}
          route={route}
          plan={plan}
          onClose={() => setWish(undefined)}
          onChanged={onChanged}
        />
      )}
    </>
  );
}
