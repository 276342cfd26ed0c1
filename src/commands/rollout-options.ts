// What `parallax rollout` is asked with.
import type { RolloutAction } from "../admin/rollout-schemas.ts";
import type { AdminAddress } from "../report/admin-client.ts";

export type RolloutVerb = "ls" | "show" | "plan" | "journal" | "extend" | RolloutAction;

export interface RolloutOptions extends AdminAddress {
  readonly format: "text" | "json";
  /** Needed but for ls and journal, and where `all` is given. */
  readonly route?: string | undefined;
  /** Of kill and arm: the kill switch of all routes. */
  readonly all?: boolean | undefined;
  readonly to?: string | undefined;
  readonly force?: boolean | undefined;
  readonly reason?: string | undefined;
  /** Of extend. */
  readonly sunset?: string | undefined;
  readonly yes?: boolean | undefined;
  /** Of the journal. */
  readonly limit?: number | undefined;
  readonly before?: number | undefined;
}
