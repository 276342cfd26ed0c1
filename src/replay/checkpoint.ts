// Where a replay stood, in a file that is whole whenever one looks: written beside, synced, renamed.
// A checkpoint of other files or of other services is refused: its sums would be of two things.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { CommandError } from "../core/errors.ts";
import type { LedgerState } from "./ledger.ts";
import type { RecordingFile } from "./recording-files.ts";
import { sumsSchema } from "./sums.ts";

const CHECKPOINT_SCHEMA_VERSION = 1;

const checkpointSchema = z.object({
  schemaVersion: z.literal(CHECKPOINT_SCHEMA_VERSION),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  settings: z.record(z.string(), z.string()),
  next: z.int().nonnegative(),
  beyond: z.array(z.int().nonnegative()),
  sums: sumsSchema,
});

/** What the sums are of. */
export interface CheckpointOf {
  readonly files: readonly RecordingFile[];
  /** Flag → value: `--candidate` → URL. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Throws CommandError 3 where it cannot be written: to go on would be to promise what is not there. */
export function writeCheckpoint(file: string, { files, settings }: CheckpointOf, state: LedgerState): void {
  const content = {
    schemaVersion: CHECKPOINT_SCHEMA_VERSION,
    files: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
    settings,
    ...state,
  };
  const beside = `${file}.part`;
  try {
    writeSynced(beside, `${JSON.stringify(content)}\n`);
    renameSync(beside, file);
    syncDirectory(dirname(file));
  } catch (error) {
    throw new CommandError(
      3,
      `--checkpoint ${file} cannot be written (${codeOf(error)}); is its directory there?`,
    );
  }
}

function writeSynced(file: string, text: string): void {
  const descriptor = openSync(file, "w", 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** So that the new name survives a loss of power as well. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Where the replay stood; undefined where there is no such file. Throws CommandError 2 for one of something else. */
export function readCheckpoint(file: string, { files, settings }: CheckpointOf): LedgerState | undefined {
  const text = textOf(file);
  if (text === undefined) return undefined;
  const parsed = checkpointSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw new CommandError(
      2,
      `--checkpoint ${file} is no checkpoint of this version; delete it to begin anew`,
    );
  const { data } = parsed;
  if (data.files.length !== files.length)
    throw refusal(file, `${data.files.length} files, not ${files.length}`);
  for (const [index, was] of data.files.entries()) {
    const is = files[index];
    if (is === undefined || was.bytes !== is.bytes || was.sha256 !== is.sha256)
      throw refusal(file, `${was.name}, which was another file than ${is?.name ?? "any"} is now`);
  }
  for (const name of new Set([...Object.keys(data.settings), ...Object.keys(settings)]))
    if (data.settings[name] !== settings[name])
      throw refusal(file, `${name} ${data.settings[name] ?? "(none)"}, not ${settings[name] ?? "(none)"}`);
  const { next, beyond, sums } = data;
  return { next, beyond, sums };
}

const refusal = (file: string, was: string) =>
  new CommandError(
    2,
    `--checkpoint ${file} is of ${was}: its sums would be of two things; begin with another checkpoint`,
  );

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new CommandError(2, `--checkpoint ${file} cannot be read (${codeOf(error)})`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
