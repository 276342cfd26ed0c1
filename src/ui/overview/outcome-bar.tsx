// How exchanges ended since the start, as one bar whose parts are named below it. They add up.
import type { Summary } from "../../admin/schemas.ts";
import { formatNumber } from "../format.ts";
import { Link } from "../router.tsx";

interface Part {
  readonly name: string;
  readonly count: number;
  readonly hint: string;
  /** Where more of it is said. */
  readonly to?: string;
}

function partsOf({ match, mismatch, incomparable, skipped, inFlight }: Summary["totals"]): readonly Part[] {
  return [
    { name: "match", count: match, hint: "Both answers say the same" },
    { name: "mismatch", count: mismatch, hint: "Something differs", to: "/differences?state=all&tier=all" },
    {
      name: "incomparable",
      count: incomparable,
      hint: "Mirrored, but without a verdict",
      to: "#incomparable",
    },
    {
      name: "skipped",
      count: Object.values(skipped).reduce((sum, count) => sum + count, 0),
      hint: "Served, and not mirrored or not compared",
      to: "#skipped",
    },
    { name: "under way", count: inFlight, hint: "Not ended yet" },
  ];
}

/** Rounded down: 99.99 % is not 100.0 %. */
const shareText = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)}\u00a0%`;

export function OutcomeBar({ totals }: { readonly totals: Summary["totals"] }) {
  const parts = partsOf(totals);
  return (
    <section class="outcomes" aria-label="How exchanges ended since the start">
      <div class="bar" aria-hidden="true">
        {parts.map(({ name, count }) => (
          <i key={name} class={name.replace(" ", "-")} style={{ flexGrow: count }} />
        ))}
      </div>
      <dl>
        {parts.map(({ name, count, hint, to }) => (
          <div key={name} title={hint}>
            <dt class={name.replace(" ", "-")}>{name}</dt>
            <dd>
              {to === undefined || count === 0 ? formatNumber(count) : <Count to={to} count={count} />}{" "}
              <span class="muted">{shareText(count / Math.max(1, totals.exchanges))}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Within the view it is the browser's own jump. */
function Count({ to, count }: { readonly to: string; readonly count: number }) {
  const text = formatNumber(count);
  return to.startsWith("#") ? <a href={to}>{text}</a> : <Link to={to}>{text}</Link>;
}
