// A word in a pill. The word says it; its colour only helps to find it.
import type { ComponentChildren } from "preact";
import type { SignatureAnswer } from "../../admin/schemas.ts";

export type Tone = "good" | "bad" | "warn" | "info" | "quiet";

export interface BadgeProps {
  readonly tone: Tone;
  readonly title?: string;
  readonly children: ComponentChildren;
}

export function Badge({ tone, title, children }: BadgeProps) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}

type Tier = SignatureAnswer["tier"];
const TIERS: Readonly<Record<Tier, { readonly tone: Tone; readonly title: string }>> = {
  confirmed: { tone: "bad", title: "The candidate differs where the legacy agrees with itself" },
  suspect: { tone: "warn", title: "Not enough evidence yet: a difference, or noise" },
  transient: { tone: "quiet", title: "Gone when it was read again shortly after" },
  noise: { tone: "quiet", title: "The legacy differs from itself here as well" },
};

export function TierBadge({ tier }: { readonly tier: Tier }) {
  return (
    <Badge tone={TIERS[tier].tone} title={TIERS[tier].title}>
      {tier}
    </Badge>
  );
}

type State = SignatureAnswer["state"];
const STATES: Readonly<Record<State, { readonly tone: Tone; readonly title: string }>> = {
  new: { tone: "info", title: "Nobody has decided about it yet" },
  reopened: { tone: "bad", title: "It was fixed, and came back" },
  bug: { tone: "warn", title: "Known, and not fixed yet" },
  accepted: { tone: "quiet", title: "Wanted, until its date" },
  fixed: { tone: "good", title: "Not seen since it was said to be fixed" },
};

export function StateBadge({ state }: { readonly state: State }) {
  return (
    <Badge tone={STATES[state].tone} title={STATES[state].title}>
      {state}
    </Badge>
  );
}
