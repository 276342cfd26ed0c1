// The directory of recordings: names of its files, which are kept, and what a killed process left in it.
// Invariant: only files with such names are renamed or deleted; that another one was faster is no failure.
import { accessSync, constants, readdirSync, renameSync } from "node:fs";
import { readdir, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "../core/errors.ts";
import { makeDirectory } from "../core/make-directory.ts";

/** Its owner's alone: what is recorded is redacted, and still somebody's traffic. */
const DIRECTORY_MODE = 0o700;
const PART = ".part";
/** UTC time, shadow thread, running number. */
const OWN_FILE = /^\d{8}T\d{9}Z-(\d+)-\d+\.ndjson(?:\.gz)?(\.part)?$/;

export interface RecordingName {
  readonly nowMs: number;
  readonly threadId: number;
  readonly number: number;
  readonly isCompressed: boolean;
}

/** In their order the oldest is first. */
export function recordingName({ nowMs, threadId, number, isCompressed }: RecordingName): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:.]/g, "");
  return `${stamp}-${threadId}-${number}.ndjson${isCompressed ? ".gz" : ""}`;
}

/** The name of a file that is still written. */
export const partOf = (path: string): string => path + PART;

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? error);
}

export function makeRecordingDirectory(dir: string): void {
  makeDirectory(dir, DIRECTORY_MODE);
}

/** Makes sure, at the start, that there is a directory to write to. Throws a CommandError. */
export function prepareRecordingDirectory(dir: string): void {
  try {
    makeRecordingDirectory(dir);
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    takeOver(dir);
  } catch (error) {
    throw new CommandError(
      3,
      `recordings cannot be written to ${dir}: ${codeOf(error)}; record.dir (--out) names the directory`,
    );
  }
}

/**
 * Gives what a killed process, or with `threadId` a lost thread, was still writing its last name: `parallax replay`
 * reads it as far as it is whole, and it is deleted when it is the oldest. Were it still being written, nothing
 * would break: its writer holds it open.
 */
export function takeOver(dir: string, threadId?: number): void {
  for (const name of readdirSync(dir)) {
    const [, thread, part] = OWN_FILE.exec(name) ?? [];
    if (part === undefined || (threadId !== undefined && thread !== String(threadId))) continue;
    try {
      renameSync(join(dir, name), join(dir, name.slice(0, -PART.length)));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}

/** A file that was written to its end gets its last name. */
export async function giveLastName(path: string): Promise<void> {
  try {
    await rename(partOf(path), path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    // Another process, started meanwhile, has taken it for left behind: then it has its name.
    await stat(path);
  }
}

export async function deleteOldest(dir: string, filesMax: number): Promise<void> {
  const whole = (await readdir(dir)).filter((name) => OWN_FILE.test(name) && !name.endsWith(PART)).sort();
  for (const name of whole.slice(0, Math.max(0, whole.length - filesMax))) {
    try {
      await unlink(join(dir, name));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
}
