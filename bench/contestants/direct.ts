// No proxy: what load and upstream can do by themselves, the ceiling of every other number.
import type { ContestantStart } from "./contestant.ts";

export function direct(legacyUrl: string): ContestantStart {
  return {
    name: "direct",
    leftOut: undefined,
    start: () =>
      Promise.resolve({
        name: "direct",
        url: legacyUrl,
        pid: undefined,
        ended: () => undefined,
        settle: () => Promise.resolve(),
        stop: () => Promise.resolve(),
      }),
  };
}
