// The JSON API: one table of routes. The server serves it, the OpenAPI document is made from it.
// Invariant: nothing is reachable under /api/ that is not in the table.
import type { ApiRoute } from "./api-route.ts";
import { CALLER_ROUTES } from "./callers-routes.ts";
import { CLEANUP_ROUTES } from "./cleanup-routes.ts";
import { EVIDENCE_ROUTES } from "./evidence-routes.ts";
import { REVIEW_ROUTES } from "./review-routes.ts";
import { ROLLOUT_ROUTES } from "./rollout-routes.ts";
import { RULE_ROUTES } from "./rule-routes.ts";
import { TRAFFIC_ROUTES } from "./traffic-routes.ts";

export const API_ROUTES: readonly ApiRoute[] = [
  ...EVIDENCE_ROUTES,
  ...RULE_ROUTES,
  ...REVIEW_ROUTES,
  ...ROLLOUT_ROUTES,
  ...CALLER_ROUTES,
  ...CLEANUP_ROUTES,
  ...TRAFFIC_ROUTES,
];
