// The kill switch: legacy only, nothing mirrored. It is a file in the data directory, so that it survives a
// restart and can be set with `touch` when nothing else answers.
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../core/make-directory.ts";

export const KILL_FILE = "KILLED";

export class KillSwitch {
  readonly #file: string;
  readonly #directory: string;
  /** What was last asked for while the file could not be changed: it holds for as long as the process lives. */
  #override: boolean | undefined;
  /** The directory in which the file was seen last: one that took its place says nothing of the switch. */
  #seenIn: string | undefined;

  constructor(dataDirectory: string) {
    this.#directory = dataDirectory;
    this.#file = join(dataDirectory, KILL_FILE);
  }

  get isFileThere(): boolean {
    return existsSync(this.#file);
  }

  /**
   * Looks at the file, which may have been made or removed by hand. Undefined: nothing is known of it, since its
   * directory is gone, was replaced, or cannot be looked at.
   */
  read(): boolean | undefined {
    const isThere = this.#look();
    // Once the file is gone, one that is made later is a new wish.
    if (this.#override === false && isThere !== true) this.#override = undefined;
    return this.#override ?? isThere;
  }

  #look(): boolean | undefined {
    try {
      const isThere = statSync(this.#file, { throwIfNoEntry: false }) !== undefined;
      const { dev, ino } = statSync(this.#directory);
      const directory = `${dev}:${ino}`;
      if (isThere) this.#seenIn = directory;
      return isThere || this.#seenIn === undefined || this.#seenIn === directory ? isThere : undefined;
    } catch {
      return undefined; // that is the answer
    }
  }

  /**
   * Durable before it answers. Throws the system's error when the file cannot be written or removed: the switch is
   * as asked all the same, until the process ends.
   */
  set(isOn: boolean, who: string): void {
    this.#override = isOn;
    if (isOn) {
      this.#write(who);
      this.#look();
    } else {
      // Where the data directory is gone, so is the file.
      if (this.isFileThere) rmSync(this.#file);
      this.#seenIn = undefined;
    }
    this.#override = undefined;
  }

  #write(who: string): void {
    makeDirectory(this.#directory, 0o700);
    const file = openSync(this.#file, "w", 0o600);
    try {
      writeSync(file, `${JSON.stringify({ who, at: new Date().toISOString() })}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

/** For the log. */
export function killSwitchText(isKilled: boolean): string {
  return isKilled ? "the kill switch is on: nothing is mirrored" : "the kill switch is off";
}
