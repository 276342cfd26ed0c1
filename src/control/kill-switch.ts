// The kill switch: legacy only, nothing mirrored. It is a file in the data directory, so that it survives a
// restart and can be set with `touch` when nothing else answers.
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../core/make-directory.ts";

export const KILL_FILE = "KILLED";

export class KillSwitch {
  readonly #file: string;
  readonly #directory: string;
  /** It was set, and the file could not be written: it holds for as long as the process lives. */
  #isUnwritten = false;

  constructor(dataDirectory: string) {
    this.#directory = dataDirectory;
    this.#file = join(dataDirectory, KILL_FILE);
  }

  get isOn(): boolean {
    return this.#isUnwritten || existsSync(this.#file);
  }

  /**
   * Durable before it answers. Throws the system's error when the file cannot be written (it is on all the same,
   * until the process ends) or removed (it stays on).
   */
  set(isOn: boolean, who: string): void {
    if (!isOn) {
      // Where the data directory is gone, so is the file.
      if (existsSync(this.#file)) rmSync(this.#file);
      this.#isUnwritten = false;
      return;
    }
    this.#isUnwritten = true;
    makeDirectory(this.#directory, 0o700);
    const file = openSync(this.#file, "w", 0o600);
    try {
      writeSync(file, `${JSON.stringify({ who, at: new Date().toISOString() })}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    this.#isUnwritten = false;
  }
}
