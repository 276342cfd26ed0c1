// The time, ticking: one timer for all that show it. It rests while nobody looks at the page.
import { useEffect, useState } from "preact/hooks";

const TICK_MS = 1000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  if (!document.hidden) for (const listener of listeners) listener();
}

/** Milliseconds since the epoch, in whole steps of `everyMs`: what shows it is drawn once a step. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const listener = () =>
      setNow((before) =>
        Math.floor(Date.now() / everyMs) === Math.floor(before / everyMs) ? before : Date.now(),
      );
    listeners.add(listener);
    timer ??= setInterval(tick, TICK_MS);
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, [everyMs]);
  return now;
}
