// The journal of the rollouts as lines of text, pure: each line holds the hash of the one before (SHA-256), so that
// an edit, a loss or a swap within it shows. Where it is broken nothing is guessed: the first bad line is told.
import { createHash } from "node:crypto";
import type { GateReading } from "./gate/reading.ts";
import { entrySchema, headSchema } from "./journal-schema.ts";
import type { Step } from "./step.ts";
import type { EventRole, RolloutEvent, RouteState } from "./terms.ts";

const JOURNAL_VERSION = 1;
/** What stands in place of the hash before the very first line. */
const NO_HASH = "0".repeat(64);

/** What is told to the journal; the chain is the journal's own. */
export interface JournalDraft {
  readonly atMs: number;
  readonly route: string;
  /** From which the decision is in force; of what decides nothing, the one that is. */
  readonly epoch: number;
  readonly event: RolloutEvent["kind"];
  readonly who: string;
  readonly role: EventRole;
  readonly reason: string;
  readonly from: Step;
  readonly to: Step;
  readonly isForced: boolean;
  /** What the gate said then; null where nothing was looked at. */
  readonly gate: GateReading | null;
  /** The route's, after it. */
  readonly state: RouteState;
}

export interface JournalEntry extends JournalDraft {
  /** 1 and up, without gaps, over all files. */
  readonly sequence: number;
  readonly previous: string;
  readonly hash: string;
}

/** The first line of a file: what came before it, in sum. */
export interface JournalHead {
  readonly parallax: "rollout-journal";
  readonly version: number;
  /** Of the last entry before; 0 at the very beginning. */
  readonly sequence: number;
  readonly epoch: number;
  readonly states: Readonly<Record<string, RouteState>>;
  readonly previous: string;
  readonly hash: string;
}

/** Where the journal stands after a line. */
export interface JournalStanding {
  readonly states: ReadonlyMap<string, RouteState>;
  /** The highest seen. */
  readonly epoch: number;
  readonly sequence: number;
  /** Of the last line. */
  readonly hash: string;
}

export const EMPTY_STANDING: JournalStanding = { states: new Map(), epoch: 0, sequence: 0, hash: NO_HASH };

const HASH_KEY = ',"hash":"';
/** `,"hash":"` + 64 digits + `"}`. */
const SEAL_LENGTH = HASH_KEY.length + 64 + 2;

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** One line without line feed: the JSON of `unsealed` and, as its last key, the hash of that JSON. */
function sealed(unsealed: object): { readonly line: string; readonly hash: string } {
  const text = JSON.stringify(unsealed);
  const hash = hashOf(text);
  return { line: `${text.slice(0, -1)}${HASH_KEY}${hash}"}`, hash };
}

/** Whether the line ends with the hash of all before it. */
function isWhole(line: string): boolean {
  const text = `${line.slice(0, -SEAL_LENGTH)}}`;
  return line.slice(-SEAL_LENGTH) === `${HASH_KEY}${hashOf(text)}"}`;
}

/** The line of the entry that comes next. */
export function sealEntry(
  draft: JournalDraft,
  { sequence, hash: previous }: JournalStanding,
): { readonly line: string; readonly entry: JournalEntry } {
  const { atMs, route, epoch, event, who, role, reason, from, to, isForced, gate, state } = draft;
  const told = { atMs, route, epoch, event, who, role, reason, from, to, isForced, gate, state };
  const unsealed = { sequence: sequence + 1, ...told, previous };
  const { line, hash } = sealed(unsealed);
  return { line, entry: { ...unsealed, hash } };
}

/** As it stands in the file, without line feed. */
export function lineOf(entry: JournalEntry): string {
  return sealEntry(entry, { ...EMPTY_STANDING, sequence: entry.sequence - 1, hash: entry.previous }).line;
}

/** The first line of a file that goes on from here. */
export function sealHead({ states, epoch, sequence, hash: previous }: JournalStanding): {
  readonly line: string;
  readonly standing: JournalStanding;
} {
  const { line, hash } = sealed({
    parallax: "rollout-journal",
    version: JOURNAL_VERSION,
    sequence,
    epoch,
    states: Object.fromEntries(states),
    previous,
  } satisfies Omit<JournalHead, "hash">);
  return { line, standing: { states, epoch, sequence, hash } };
}

export function standingAfter(standing: JournalStanding, entry: JournalEntry): JournalStanding {
  return {
    states: new Map(standing.states).set(entry.route, entry.state),
    epoch: Math.max(standing.epoch, entry.epoch),
    sequence: entry.sequence,
    hash: entry.hash,
  };
}

export type ReadLine<T> =
  | { readonly ok: true; readonly value: T }
  /** What is wrong with it, to follow "line 3 ". */
  | { readonly ok: false; readonly why: string };

function broken(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function readHead(line: string): ReadLine<JournalHead> {
  const value = jsonOf(line) as { parallax?: unknown; version?: unknown } | null | undefined;
  if (value?.parallax !== "rollout-journal") return broken("is not the first line of a rollout journal");
  if (typeof value.version === "number" && value.version > JOURNAL_VERSION)
    return broken(`is of version ${value.version}, of a newer Parallax: this one reads ${JOURNAL_VERSION}`);
  if (!isWhole(line)) return broken("does not match its hash");
  const head = headSchema.safeParse(value);
  return head.success ? { ok: true, value: head.data } : broken("is no first line of a rollout journal");
}

/** The entry that follows `standing`. */
export function readEntry(
  line: string,
  { sequence, hash }: Pick<JournalStanding, "sequence" | "hash">,
): ReadLine<JournalEntry> {
  if (!isWhole(line)) return broken("does not match its hash");
  const entry = entrySchema.safeParse(jsonOf(line));
  if (!entry.success) return broken("is no entry of a rollout journal");
  const { data } = entry;
  if (data.previous !== hash || data.sequence !== sequence + 1)
    return broken(`does not follow the line before: entry ${data.sequence} after ${sequence}`);
  return { ok: true, value: data };
}

export type Replayed =
  | ({ readonly ok: true; readonly entries: readonly JournalEntry[] } & JournalStanding)
  /** Counted from 1. */
  | { readonly ok: false; readonly line: number; readonly why: string };

/** Takes the lines of one file in their order, and knows where the journal stands. */
export class JournalReplay {
  readonly #states = new Map<string, RouteState>();
  #at: Omit<JournalStanding, "states"> | undefined;

  /** Of the first line there is no entry. After a line that is broken, nothing is to be taken. */
  take(line: string): ReadLine<JournalEntry | undefined> {
    if (this.#at === undefined) {
      const head = readHead(line);
      if (!head.ok) return head;
      const { states, epoch, sequence, hash } = head.value;
      for (const [route, state] of Object.entries(states)) this.#states.set(route, state);
      this.#at = { epoch, sequence, hash };
      return { ok: true, value: undefined };
    }
    const read = readEntry(line, this.#at);
    if (!read.ok) return read;
    const { route, state, epoch, sequence, hash } = read.value;
    this.#states.set(route, state);
    this.#at = { epoch: Math.max(this.#at.epoch, epoch), sequence, hash };
    return read;
  }

  /** Undefined before the first line. */
  get standing(): JournalStanding | undefined {
    return this.#at === undefined ? undefined : { ...this.#at, states: new Map(this.#states) };
  }
}

/** The lines of one file, its first one included. */
export function replay(lines: Iterable<string>): Replayed {
  const journal = new JournalReplay();
  const entries: JournalEntry[] = [];
  let number = 0;
  for (const line of lines) {
    number += 1;
    const read = journal.take(line);
    if (!read.ok) return { ok: false, line: number, why: read.why };
    if (read.value !== undefined) entries.push(read.value);
  }
  const { standing } = journal;
  if (standing === undefined) return { ok: false, line: 1, why: "is missing: the file is empty" };
  return { ok: true, entries, ...standing };
}

/**
 * The route's state at a time; undefined: `entries` have none as old, the route stood where it began. Entries are in
 * their order, which a clock that was set back does not change: the last one of that time or earlier counts.
 */
export function stateAt(
  entries: readonly JournalEntry[],
  route: string,
  atMs: number,
): RouteState | undefined {
  return entries.findLast((entry) => entry.route === route && entry.atMs <= atMs)?.state;
}
