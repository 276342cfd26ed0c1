// Two texts by lines, aligned so that one inserted line is one difference. What differs in line ends alone, in the
// last one, or in bytes that are not UTF-8, is one difference of the whole. Bounded by lines, differences and time.

import { Deadline } from "../deadline.ts";
import { alignHashes } from "../json/align.ts";
import { hashBytes } from "../json/scalar-hash.ts";
import { type BodyOutcome, describeBytes, findAtRoot, type Judging, timeIsUp } from "../judging.ts";
import { FlatFindings } from "./flat-findings.ts";

/** More lines are compared by bytes: some 10 MiB of array for each side. */
const LINES_MAX = 200_000;
const LF = 0x0a;
const CR = 0x0d;

/** Where lines begin and end, without their ends; undefined past LINES_MAX. The last line needs no end. */
function splitLines(bytes: Uint8Array): Int32Array | undefined {
  const bounds: number[] = [];
  for (let start = 0; start < bytes.length; ) {
    if (bounds.length >= LINES_MAX * 2) return undefined;
    const found = bytes.indexOf(LF, start);
    const end = found < 0 ? bytes.length : found;
    bounds.push(start, end > start && bytes[end - 1] === CR ? end - 1 : end);
    start = end + 1;
  }
  return Int32Array.from(bounds);
}

class Lines {
  readonly #bytes: Buffer;
  readonly #bounds: Int32Array;

  constructor(bytes: Buffer, bounds: Int32Array) {
    this.#bytes = bytes;
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#bounds.length / 2;
  }

  bytesOf(line: number): Buffer {
    return this.#bytes.subarray(this.#bounds[line * 2], this.#bounds[line * 2 + 1]);
  }

  textOf(line: number): string {
    return this.bytesOf(line).toString();
  }

  hashes(): Float64Array {
    return Float64Array.from({ length: this.count }, (_, line) => hashBytes(this.bytesOf(line)));
  }
}

function linesOf(bytes: Uint8Array): Lines | undefined {
  const bounds = splitLines(bytes);
  return bounds === undefined
    ? undefined
    : new Lines(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), bounds);
}

/** Compares two UTF-8 texts that are not the same bytes. */
export function compareLines(
  judging: Judging,
  legacyBytes: Uint8Array,
  candidateBytes: Uint8Array,
): BodyOutcome {
  const asWhole = (): BodyOutcome =>
    findAtRoot(judging, "changed", [describeBytes(legacyBytes), describeBytes(candidateBytes)]);
  const legacy = linesOf(legacyBytes);
  const candidate = linesOf(candidateBytes);
  if (legacy === undefined || candidate === undefined) return asWhole();
  const { settings, clock } = judging.compiled;
  const deadline = new Deadline(clock, settings.timeMsMax);
  const alignment = alignHashes(legacy.hashes(), candidate.hashes());
  const findings = new FlatFindings(judging);
  let differing = 0;
  let nextL = 0;
  let nextC = 0;
  const note = (line: number, textL: string | undefined, textC: string | undefined): void => {
    differing++;
    findings.note({ segments: [line], legacy: textL, candidate: textC, isAdditive: false });
  };
  const noteLonely = (untilL: number, untilC: number): void => {
    for (; nextL < untilL && !findings.isOver; nextL++) note(nextL, legacy.textOf(nextL), undefined);
    for (; nextC < untilC && !findings.isOver; nextC++) note(nextC, undefined, candidate.textOf(nextC));
  };
  for (let pair = 0; pair < alignment.legacy.length && !findings.isOver; pair++) {
    if (deadline.spend(1)) return timeIsUp(settings);
    const l = alignment.legacy[pair] as number;
    const c = alignment.candidate[pair] as number;
    noteLonely(l, c);
    if (!legacy.bytesOf(l).equals(candidate.bytesOf(c))) note(l, legacy.textOf(l), candidate.textOf(c));
    nextL = l + 1;
    nextC = c + 1;
  }
  noteLonely(legacy.count, candidate.count);
  return differing === 0 ? asWhole() : findings.outcome(alignment.isByIndex ? 1 : 0);
}
