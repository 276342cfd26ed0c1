// Why a list of differences is empty, and what to do about it.
import type { Summary } from "../../admin/schemas.ts";
import { useApi } from "../api.ts";
import { formatCount } from "../format.ts";
import { EmptyState } from "../parts/empty-state.tsx";
import { Link } from "../router.tsx";
import { type Filters, isFiltered } from "./filters.ts";

interface NothingDiffersProps {
  readonly filters: Filters;
  readonly page: number;
}

export function NothingDiffers({ filters, page }: NothingDiffersProps) {
  const { value } = useApi<Summary>("/api/summary");
  if (page > 1)
    return (
      <EmptyState title="This page is past the last one">
        <p>
          Decisions made the list shorter. Go to its <Link to="/differences">beginning</Link>.
        </p>
      </EmptyState>
    );
  if (isFiltered(filters))
    return (
      <EmptyState title="No signature is like this">
        <p>
          Take a filter away, or look at <Link to="/differences?state=all&tier=all">all there are</Link>.
        </p>
      </EmptyState>
    );
  if (value === undefined) return null;
  const { match, mismatch, exchanges } = value.totals;
  if (exchanges === 0)
    return (
      <EmptyState title="No traffic yet">
        <p>Send a request through Parallax: what the two services answer differently shows up here.</p>
      </EmptyState>
    );
  if (match + mismatch === 0)
    return (
      <EmptyState title="Nothing was compared yet">
        <p>
          {formatCount(exchanges, "exchange")} came, and none could be compared: the{" "}
          <Link to="/">overview</Link> says why.
        </p>
      </EmptyState>
    );
  return (
    <EmptyState title="Nothing needs somebody">
      <p>
        {formatCount(match + mismatch, "exchange was", "exchanges were")} compared since the start. What is
        decided, noise or transient is among <Link to="/differences?state=all&tier=all">all there are</Link>.
      </p>
    </EmptyState>
  );
}
