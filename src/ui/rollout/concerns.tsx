// What people should know of a route, in words, the gravest first.
import type { RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { useNow } from "../parts/now.ts";
import { concernsOf } from "./words.ts";

const STEP_MS = 5000;
const SIGNS = { bad: "✗", warn: "⚠", info: "…" } as const;

export function Concerns({ route }: { readonly route: RolloutRouteAnswer }) {
  const concerns = concernsOf(route, useNow(STEP_MS));
  if (concerns.length === 0) return null;
  return (
    <ul class="concerns">
      {concerns.map(({ tone, text }) => (
        <li key={text} class={tone}>
          <b aria-hidden="true">{SIGNS[tone]}</b> {text}
        </li>
      ))}
    </ul>
  );
}
