// What the demo says of the rollout: what the gate of its one route says, and with what one would go on.
// Reads the admin API as anybody could.
import type { RolloutRouteAnswer } from "../admin/rollout-schemas.ts";
import { type AdminAddress, getJson } from "../report/admin-client.ts";
import { printable } from "../report/printable.ts";

const TEXT_CHARACTERS_MAX = 200;

/** Why a gate holds, strongest first; at most as many sentences. */
const REASONS_MAX = 2;

export function gateText({ route, step, next, gate }: RolloutRouteAnswer, admin: string): string {
  const safe = (text: string) => printable(text, TEXT_CHARACTERS_MAX);
  const verdict = gate?.verdict ?? "nothing yet";
  const why = (gate?.checks ?? [])
    .filter((check) => check.verdict === verdict && verdict !== "pass")
    .slice(0, REASONS_MAX);
  return [
    `May the candidate serve anybody? The gate of route ${safe(route)}, at ${safe(step)}, says ${verdict}.`,
    ...why.map(({ text }) => `  ${safe(text)}`),
    "",
    `What it asks for, and the step to ${safe(next?.step ?? "nowhere")}, refused until it passes:`,
    "",
    `  npx parallax rollout show ${safe(route)} --admin ${admin}`,
    `  npx parallax rollout promote ${safe(route)} --reason "gate passed" --admin ${admin}`,
    "",
    "docs/rollout.md has the whole way, and the way back.",
    "",
  ].join("\n");
}

/** Throws a CommandError where the admin API does not answer; empty without a route. */
export async function fetchGateText(address: AdminAddress): Promise<string> {
  const { routes } = await getJson<{ readonly routes: readonly RolloutRouteAnswer[] }>(
    address,
    "/api/rollout",
    {},
  );
  const [route] = routes;
  return route === undefined ? "" : gateText(route, address.admin);
}
