// When something was: how long ago, with the moment itself a hover away.
import { formatAgo, formatTime } from "../format.ts";
import { useNow } from "./now.ts";

const STEP_MS = 5000;

export function Time({ atMs }: { readonly atMs: number }) {
  const now = useNow(STEP_MS);
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatTime(atMs)}>
      {formatAgo(atMs, Math.max(now, atMs > now && atMs - now < STEP_MS ? atMs : now))}
    </time>
  );
}
