// Looks for the kill switch's file from a serving thread, so that `touch` works while control is blocked or dead.
// Never waits for the disk, and never takes the switch off: that is control's.
import { stat } from "node:fs";
import type { KillCell } from "../core/kill-cell.ts";

/** Half of what a kill may take. */
const LOOK_MS = 50;

/** `onSet` is called when this thread was the one to set the switch. */
export function watchKillFile(file: string, cell: KillCell, onSet: () => void): void {
  let isLooking = false;
  const look = (): void => {
    // A disk that hangs has one question of ours, not twenty a second.
    if (isLooking) return;
    isLooking = true;
    const before = cell.look();
    stat(file, (error) => {
      isLooking = false;
      // Of a file that cannot be looked at nothing is known.
      if (error !== null && error.code !== "ENOENT" && error.code !== "ENOTDIR") return;
      if (cell.note(error === null, before)) onSet();
    });
  };
  look();
  setInterval(look, LOOK_MS).unref();
}
