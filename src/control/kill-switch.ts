// The kill switch: legacy only, nothing mirrored. It is a file in the data directory, so that it survives a
// restart and can be set with `touch` when nothing else answers.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

export const KILL_FILE = "KILLED";

export class KillSwitch {
  readonly #file: string;
  readonly #directory: string;

  constructor(dataDirectory: string) {
    this.#directory = dataDirectory;
    this.#file = join(dataDirectory, KILL_FILE);
  }

  get isOn(): boolean {
    return existsSync(this.#file);
  }

  /** Durable before it answers. Throws the system's error when the file cannot be written or removed. */
  set(isOn: boolean, who: string): void {
    if (!isOn) {
      rmSync(this.#file, { force: true });
      return;
    }
    mkdirSync(this.#directory, { recursive: true });
    const file = openSync(this.#file, "w", 0o600);
    try {
      writeSync(file, `${JSON.stringify({ who, at: new Date().toISOString() })}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}
