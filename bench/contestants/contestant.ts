// What takes part: something that serves on a URL in front of the legacy, whose process tree is measured.
import type { Started } from "../processes.ts";

export interface Contestant {
  readonly name: string;
  readonly url: string;
  /** Undefined for `direct`: there is no proxy to measure. */
  readonly pid: number | undefined;
  /** Why its numbers are worth nothing now: it ended. Undefined while it runs. */
  ended(): string | undefined;
  /** Resolves when the work behind the answers is done too (mirrors judged). */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** How a scenario names and starts one. It throws when the contestant cannot start. */
export interface ContestantStart {
  readonly name: string;
  /** Why it cannot take part on this machine; undefined when it can. */
  readonly leftOut: string | undefined;
  start(): Promise<Contestant>;
}

export function contestantOf(name: string, url: string, started: Started): Contestant {
  return {
    name,
    url,
    pid: started.pid,
    ended: started.ended,
    settle: () => Promise.resolve(),
    stop: started.stop,
  };
}
