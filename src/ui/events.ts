// What Parallax says by itself: one stream for the whole page. While there is none it is asked every two seconds.
// Invariant: the last summary stays shown, and how long ago something was heard is always known.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Change } from "../admin/live-events.ts";
import type { Summary } from "../admin/schemas.ts";
import { type ApiFailure, get } from "./api.ts";
import { useNow } from "./parts/now.ts";

const POLL_MS = 2000;
/** Where the stream was refused for good, it is tried again after this. */
const STREAM_AGAIN_MS = 15_000;
/** What happens of late is the newest summary less the oldest of so long. */
const RECENT_MS = 60_000;
/** A stream says something every two seconds; past this something is wrong. */
const STALE_MS = 10_000;
/** Changes come in flocks: what they lead to is asked for once. */
const SETTLE_MS = 200;

interface Heard {
  readonly summary?: Summary;
  /** Those of the last minute, oldest first. */
  readonly recent?: readonly { readonly atMs: number; readonly summary: Summary }[];
  readonly heardAtMs?: number;
  /** Of the last question; gone once something is heard again. */
  readonly failure?: ApiFailure;
}

let heard: Heard = {};
const listeners = new Set<() => void>();
const changeListeners = new Set<(what: Change) => void>();
let stop: (() => void) | undefined;

function tell(next: Heard): void {
  heard = next;
  for (const listener of listeners) listener();
}

function hear(summary: Summary): void {
  const atMs = Date.now();
  // What was started anew counts from nothing.
  const isSameRun = (heard.summary?.uptime ?? 0) <= summary.uptime;
  const before = isSameRun ? (heard.recent ?? []).filter((one) => atMs - one.atMs <= RECENT_MS) : [];
  tell({ summary, heardAtMs: atMs, recent: [...before, { atMs, summary }] });
}

async function poll(): Promise<void> {
  const result = await get<Summary>("/api/summary");
  if (result.kind === "ok") hear(result.value);
  else tell({ ...heard, failure: result.failure });
}

/** Streams, and polls for as long as the stream is not open. */
function start(): () => void {
  let stream: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let polling: ReturnType<typeof setInterval> | undefined;
  const stopPolling = () => {
    clearInterval(polling);
    polling = undefined;
  };
  const startPolling = () => {
    if (polling !== undefined) return;
    void poll();
    polling = setInterval(() => {
      if (!document.hidden) void poll();
    }, POLL_MS);
  };
  const open = () => {
    stream = new EventSource("/api/events");
    stream.addEventListener("open", stopPolling);
    stream.addEventListener("summary", ({ data }) => hear(JSON.parse(data) as Summary));
    stream.addEventListener("changed", ({ data }) => {
      const { what } = JSON.parse(data) as { readonly what: Change };
      for (const listener of changeListeners) listener(what);
    });
    stream.addEventListener("error", () => {
      startPolling();
      // Connecting: the browser tries again by itself. Closed: it was refused, and nobody does.
      if (stream?.readyState === EventSource.CLOSED) again = setTimeout(open, STREAM_AGAIN_MS);
    });
  };
  open();
  return () => {
    stream?.close();
    clearTimeout(again);
    stopPolling();
  };
}

export interface Live {
  readonly summary: Summary | undefined;
  /** The summary of a minute ago, or the first that was heard since. */
  readonly before: Summary | undefined;
  readonly failure: ApiFailure | undefined;
  /** Since something was heard; undefined before that. */
  readonly silentMs: number | undefined;
  /** Nothing new for so long that what is shown is not what is. */
  readonly isStale: boolean;
}

/** The newest summary, drawn anew with each. */
export function useEvents(): Live {
  const [now, setNow] = useState(heard);
  const nowMs = useNow(1000);
  useEffect(() => {
    const listener = () => setNow(heard);
    listeners.add(listener);
    stop ??= start();
    listener();
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      stop?.();
      stop = undefined;
    };
  }, []);
  const silentMs = now.heardAtMs === undefined ? undefined : Math.max(0, nowMs - now.heardAtMs);
  return {
    summary: now.summary,
    before: now.recent?.[0]?.summary,
    failure: now.failure,
    silentMs,
    isStale: silentMs !== undefined && silentMs > STALE_MS,
  };
}

/** Runs `act` a moment after one of `kinds` changed; what was missed while the stream was away comes by asking. */
export function useChanges(kinds: readonly Change[], act: () => void): void {
  const newest = useRef(act);
  newest.current = act;
  const wanted = kinds.join();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listener = (what: Change) => {
      if (!wanted.split(",").includes(what)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        newest.current();
      }, SETTLE_MS);
    };
    changeListeners.add(listener);
    return () => {
      changeListeners.delete(listener);
      clearTimeout(timer);
    };
  }, [wanted]);
}
