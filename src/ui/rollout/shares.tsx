// What the candidate serves: by unit, and by request right below, with a mark where the two are far apart.
import type { RolloutRouteAnswer } from "../../admin/rollout-schemas.ts";
import { formatShare } from "./numbers.ts";
import { sharesApart } from "./words.ts";

export function Shares({ shares }: Pick<RolloutRouteAnswer, "shares">) {
  const apart = sharesApart(shares);
  return (
    <span class="shares" title={apart}>
      <ShareLine name="units" share={shares.units} />
      <ShareLine name="requests" share={shares.requests} />
      {apart === undefined ? null : (
        <b class="apart warn">
          <span aria-hidden="true">⚠ </span>
          <span class="unseen">far apart: </span>
          {apart.split(":")[0]}
        </b>
      )}
    </span>
  );
}

function ShareLine({ name, share }: { readonly name: string; readonly share: number | null }) {
  return (
    <span class="share-line">
      <span class="muted">{name}</span>
      <span class="bar-track">
        <i class="candidate-fill" style={{ width: `${100 * (share ?? 0)}%` }} />
      </span>
      <b>{formatShare(share)}</b>
    </span>
  );
}
