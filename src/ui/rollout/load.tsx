// What the views of the rollout ask for: again when the stream says so, and every few seconds; how old it is, is said.
import { useEffect, useRef, useState } from "preact/hooks";
import { type Loaded, useApi } from "../api.ts";
import { useChanges } from "../events.ts";
import { formatDuration } from "../format.ts";
import { useNow } from "../parts/now.ts";

export const AGAIN_MS = 5000;
/** So many misses in a row are no hiccup. */
const MISSES_MAX = 3;

export interface LiveAnswer<T> extends Loaded<T> {
  /** When the newest answer came. */
  readonly readAtMs: number | undefined;
  readonly everyMs: number;
}

export function useLiveAnswer<T>(path: string | undefined, everyMs: number = AGAIN_MS): LiveAnswer<T> {
  const loaded = useApi<T>(path, everyMs);
  const [readAtMs, setReadAtMs] = useState<number>();
  useChanges(["rollout", "kill", "reload"], loaded.reload);
  const seen = useRef<T | undefined>(undefined);
  useEffect(() => {
    if (loaded.value === undefined || loaded.value === seen.current) return;
    seen.current = loaded.value;
    setReadAtMs(Date.now());
  }, [loaded.value]);
  return { ...loaded, readAtMs, everyMs };
}

export function useIsOld({ readAtMs, everyMs }: Pick<LiveAnswer<unknown>, "readAtMs" | "everyMs">) {
  const nowMs = useNow(1000);
  return readAtMs !== undefined && nowMs - readAtMs > MISSES_MAX * everyMs;
}

/** `as of 2 s ago`, always there so that nothing jumps; in words of warning once it is old. */
export function AsOf({ answer }: { readonly answer: LiveAnswer<unknown> }) {
  const nowMs = useNow(1000);
  const isOld = useIsOld(answer);
  if (answer.readAtMs === undefined) return null;
  const ago = formatDuration(Math.max(0, nowMs - answer.readAtMs));
  return (
    <span class={isOld ? "as-of bad" : "as-of muted small"} role={isOld ? "alert" : undefined}>
      {isOld ? <strong>Old: what is shown was read {ago} ago</strong> : `as of ${ago} ago`}
    </span>
  );
}
