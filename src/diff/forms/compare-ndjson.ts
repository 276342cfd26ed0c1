// Two streams of JSON records (NDJSON, JSON text sequences) as arrays of their records, so that every rule about
// arrays and paths holds for records as well. A record that is broken is a difference at its place.
// Invariant: a record is checked by itself before it becomes an element, so that `1,2` is not two of them.
import { createHash, randomBytes } from "node:crypto";
import { Deadline } from "../deadline.ts";
import { compareJsonBodies } from "../json/compare-json-bodies.ts";
import { Tape } from "../json/tape.ts";
import { tokenize } from "../json/tokenize.ts";
import type { BodyOutcome, Judging } from "../judging.ts";
import { cutText } from "../text.ts";

/** What ends a record of NDJSON, and what begins one of a JSON text sequence (RFC 7464 §2.2). */
export const RECORD_BOUNDS = { ndjson: 0x0a, "json-seq": 0x1e } as const;

/** Stands in an array where a record is broken: a string that no service can know. Its hash tells records apart. */
const BROKEN = `broken record ${randomBytes(16).toString("hex")} `;
const BROKEN_TEXT = `"${BROKEN}`;

/** Reused: the judge is synchronous, and one per thread. */
const recordTape = new Tape();

interface Records {
  /** One JSON array. */
  readonly array: Buffer;
  /** Stand-in, as raw JSON text → what the record is. */
  readonly broken: ReadonlyMap<string, string>;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a);
}

function hasBom(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function* splitRecords(bytes: Buffer, bound: number): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(bound, start);
    const end = found < 0 ? bytes.length : found;
    const record = bytes.subarray(start, end);
    if (!isBlank(record)) yield record;
    start = end + 1;
  }
}

/** The records as one array; the reason why not, past a bound. */
function toArray(
  body: Uint8Array,
  bound: number,
  bounds: { readonly depthMax: number; readonly deadline: Deadline },
): Records | "depth" | "nodes" | "time" {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const pieces: Uint8Array[] = [OPEN];
  const broken = new Map<string, string>();
  for (const record of splitRecords(hasBom(bytes) ? bytes.subarray(3) : bytes, bound)) {
    const outcome = hasBom(record) ? "unparseable" : tokenize(recordTape, record, bounds);
    if (outcome !== "ok" && outcome !== "unparseable") return outcome;
    if (pieces.length > 1) pieces.push(COMMA);
    if (outcome === "ok") pieces.push(record);
    else {
      const standIn = `${BROKEN_TEXT}${createHash("sha256").update(record).digest("hex")}"`;
      broken.set(standIn, cutText(record, 0, record.length));
      pieces.push(Buffer.from(standIn));
    }
  }
  pieces.push(CLOSE);
  return { array: Buffer.concat(pieces), broken };
}

const OPEN = Buffer.from("[");
const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("]");

/** Names stand-ins what they are: both texts are shown as they came. */
function restoreBroken(judging: Judging, from: number, broken: ReadonlyMap<string, string>): void {
  for (let at = from; at < judging.found.length; at++) {
    const difference = judging.found[at];
    if (difference === undefined) continue;
    const legacy = difference.legacy === undefined ? undefined : broken.get(difference.legacy);
    const candidate = difference.candidate === undefined ? undefined : broken.get(difference.candidate);
    if (legacy === undefined && candidate === undefined) continue;
    judging.found[at] = {
      ...difference,
      kind: "unparseable",
      legacy: legacy ?? difference.legacy,
      candidate: candidate ?? difference.candidate,
    };
  }
}

export function compareRecords(
  judging: Judging,
  pair: { readonly legacy: Uint8Array; readonly candidate: Uint8Array },
  form: keyof typeof RECORD_BOUNDS,
): BodyOutcome {
  const { settings, clock } = judging.compiled;
  const bounds = { depthMax: settings.depthMax, deadline: new Deadline(clock, settings.timeMsMax) };
  const legacy = toArray(pair.legacy, RECORD_BOUNDS[form], bounds);
  const candidate =
    typeof legacy === "string" ? legacy : toArray(pair.candidate, RECORD_BOUNDS[form], bounds);
  recordTape.release();
  if (typeof legacy === "string" || typeof candidate === "string") {
    const reason = typeof legacy === "string" ? legacy : candidate;
    return {
      kind: "incomparable",
      reason: reason as "depth" | "nodes" | "time",
      detail: "a record is over a bound",
    };
  }
  const from = judging.found.length;
  const outcome = compareJsonBodies(judging, legacy.array, candidate.array, true);
  if (legacy.broken.size + candidate.broken.size > 0)
    restoreBroken(judging, from, new Map([...legacy.broken, ...candidate.broken]));
  return outcome;
}
