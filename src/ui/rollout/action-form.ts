// What is asked of who wants to move a route, checked before it is sent. Pure.
import type {
  PlanAnswer,
  RolloutAction,
  RolloutActionBody,
  RolloutRouteAnswer,
} from "../../admin/rollout-schemas.ts";

/** What somebody may be after; a forced promotion is a question of its own. */
export type Wish = RolloutAction | "force";

export interface ActionForm {
  readonly reason: string;
  /** As the API takes it; empty: where the route would go by itself. */
  readonly to: string;
  /** The route's name, typed by who forces it. */
  readonly typed: string;
}

export const EMPTY_ACTION: ActionForm = { reason: "", to: "", typed: "" };
/** As the API takes it. */
export const REASON_CHARACTERS_MAX = 500;

type Step = PlanAnswer["steps"][number];

/** As promote and rollback name a step. */
export const stepName = ({ stage, percent }: Pick<Step, "stage" | "percent">): string =>
  stage === "ramp" ? String(percent) : stage;

export interface Target {
  readonly to: string;
  readonly text: string;
}

/** Where it can be taken, the usual one first; empty: the action has no target. */
export function targetsOf(wish: Wish, route: RolloutRouteAnswer, plan: PlanAnswer | undefined) {
  const usual = wish === "rollback" ? route.back : isPromotion(wish) ? route.next : null;
  if (usual === null) return [];
  const others = (plan?.steps ?? []).filter(
    (step) => !step.isCurrent && step.isPast === (wish === "rollback") && stepName(step) !== stepName(usual),
  );
  const inOrder = wish === "rollback" ? others.toReversed() : others;
  return [
    { to: "", text: usual.step },
    ...inOrder.map((step): Target => ({ to: stepName(step), text: step.step })),
  ];
}

export const isPromotion = (wish: Wish): boolean => wish === "promote" || wish === "force";
/** A second thought, for what goes against the evidence. */
export const mustTypeName = (wish: Wish): boolean => wish === "force";

type Promotion = "freely" | "by-force" | "not";

/** What the API says of promote: allowed, and with a why, is allowed against the gate alone. */
export function promotionOf({ actions }: Pick<RolloutRouteAnswer, "actions">): Promotion {
  const promote = actions.find(({ action }) => action === "promote");
  if (promote?.isAllowed !== true) return "not";
  return promote.why === "" ? "freely" : "by-force";
}

export type ActionProblems = Readonly<Partial<Record<"reason" | "typed", string>>>;
export type CheckedAction =
  | { readonly ok: true; readonly action: RolloutAction; readonly body: RolloutActionBody }
  | { readonly ok: false; readonly problems: ActionProblems };

/** `shown` is what stood on the screen when it was asked for: its epoch goes along. */
export function checkAction(
  wish: Wish,
  shown: Pick<RolloutRouteAnswer, "route" | "epoch">,
  form: ActionForm,
): CheckedAction {
  const reason = form.reason.trim();
  const problems: Partial<Record<"reason" | "typed", string>> = {};
  if (reason === "" && wish !== "resume") problems.reason = "Say why: the journal keeps it.";
  if (mustTypeName(wish) && form.typed.trim() !== shown.route)
    problems.typed = `Type ${shown.route} to say that you mean it.`;
  if (Object.keys(problems).length > 0) return { ok: false, problems };
  return {
    ok: true,
    action: wish === "force" ? "promote" : wish,
    body: {
      epoch: shown.epoch,
      ...(reason === "" ? {} : { reason }),
      ...(form.to === "" ? {} : { to: form.to }),
      ...(wish === "force" ? { force: true } : {}),
    },
  };
}
