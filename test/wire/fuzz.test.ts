// The codec against llhttp without leniency: whatever the codec accepts, llhttp accepts and frames alike, and
// how the bytes arrive changes nothing. PARALLAX_FUZZ_SECONDS runs it longer, PARALLAX_FUZZ_SEED again.
import { expect, test } from "vitest";
import { readAnswersByCodec, readRequestsByCodec } from "./codec-reading.ts";
import { LLHTTP_METHODS, type Reading, readByLlhttp } from "./llhttp-oracle.ts";
import { generate, split } from "./message-generator.ts";
import { seededRandom } from "./seeded-random.ts";

const CASES = 20_000;
const seconds = Number(process.env["PARALLAX_FUZZ_SECONDS"] ?? 0);
const seed = Number(process.env["PARALLAX_FUZZ_SEED"] ?? (seconds > 0 ? Date.now() % 2 ** 31 : 20_260_101));

/** What the codec accepted and the oracle did not, or framed differently; undefined when they agree. */
function disagreement(codec: Reading, oracle: Reading): string | undefined {
  for (const [index, ours] of codec.messages.entries()) {
    const theirs = oracle.messages[index];
    if (theirs === undefined) return `message ${index} is refused by llhttp: ${oracle.refusal}`;
    if (ours.line !== "absolute" && ours.line !== theirs.line)
      return `message ${index} is "${ours.line}" here and "${theirs.line}" to llhttp`;
    if (ours.headerLines !== theirs.headerLines)
      return `message ${index} has ${ours.headerLines} header lines here, ${theirs.headerLines} to llhttp`;
    if (!ours.isComplete) {
      if (codec.refusal === undefined && ours.bodyBytes > theirs.bodyBytes)
        return `the body of message ${index} goes on where llhttp stops: ${oracle.refusal}`;
      continue;
    }
    if (!theirs.isComplete) return `message ${index} ends here and not to llhttp: ${oracle.refusal}`;
    if (ours.bodyBytes !== theirs.bodyBytes || ours.trailerLines !== theirs.trailerLines)
      return `message ${index} has ${ours.bodyBytes} bytes here, ${theirs.bodyBytes} to llhttp`;
  }
  return undefined;
}

/** The same bytes with methods that llhttp does not know replaced: any token is a method (RFC 9110 §9.1). */
function withKnownMethods(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { start, end, text } of readRequestsByCodec([bytes]).methods) {
    if (LLHTTP_METHODS.has(text)) continue;
    parts.push(bytes.subarray(at, start), Buffer.from("POST"));
    at = end;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

function requestFault(bytes: Buffer): string | undefined {
  const known = withKnownMethods(bytes);
  return disagreement(readRequestsByCodec([known]), readByLlhttp("requests", known));
}

function answerFault(bytes: Buffer): string | undefined {
  for (const isHeadRequest of [false, true]) {
    const options = { isHeadRequest, hasEnded: true };
    const fault = disagreement(readAnswersByCodec(bytes, options), readByLlhttp("answers", bytes, options));
    if (fault !== undefined) return `${isHeadRequest ? "HEAD: " : ""}${fault}`;
  }
  return undefined;
}

/** What differs between bytes that came in one part and in many; a head without its end may wait. */
function arrivalFault(bytes: Buffer): string | undefined {
  const whole = readRequestsByCodec([bytes]);
  const random = seededRandom(bytes.length);
  const arrivals = [
    ...Array.from({ length: 3 }, () => split(bytes, random)),
    Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1)),
  ];
  for (const parts of arrivals) {
    const parted = readRequestsByCodec(parts);
    const sizes = parts.map((part) => part.length).join("+");
    if (JSON.stringify(parted.messages) !== JSON.stringify(whole.messages))
      return `as ${sizes}: ${JSON.stringify(parted.messages)}, at once ${JSON.stringify(whole.messages)}`;
    if (parted.refusal !== whole.refusal && parted.refusal !== undefined)
      return `as ${sizes}: refused as ${parted.refusal}, at once as ${whole.refusal}`;
  }
  return undefined;
}

/** The shortest bytes, by leaving out ever smaller pieces, that `fault` still finds something wrong with. */
function minimise(bytes: Buffer, fault: (bytes: Buffer) => string | undefined): Buffer {
  let small = bytes;
  for (let size = bytes.length >> 1; size > 0; ) {
    let hasShrunk = false;
    for (let at = 0; at + size <= small.length; ) {
      const shorter = Buffer.concat([small.subarray(0, at), small.subarray(at + size)]);
      if (fault(shorter) === undefined) at += size;
      else {
        small = shorter;
        hasShrunk = true;
      }
    }
    if (!hasShrunk) size >>= 1;
  }
  return small;
}

function fuzz(
  kind: "requests" | "answers",
  fault: (bytes: Buffer) => string | undefined,
  cases: number,
): void {
  const random = seededRandom(seed);
  const endsAtMs = performance.now() + seconds * 1000;
  for (let count = 0; count < cases || performance.now() < endsAtMs; count++) {
    const bytes = generate(kind, random);
    if (fault(bytes) === undefined) continue;
    const small = minimise(bytes, fault);
    throw new Error(
      `${fault(small)}\n  bytes ${JSON.stringify(small.toString("latin1"))}\n  PARALLAX_FUZZ_SEED=${seed} case ${count}`,
    );
  }
}

const patience = (seconds + 60) * 1000;

test("accepts no request that llhttp refuses or frames differently", { timeout: patience }, () => {
  fuzz("requests", requestFault, CASES);
});

test("accepts no answer that llhttp refuses or frames differently", { timeout: patience }, () => {
  fuzz("answers", answerFault, CASES);
});

test("reads the same requests however their bytes arrive", { timeout: patience }, () => {
  fuzz("requests", arrivalFault, CASES / 10);
});

test("the generator makes both what is accepted and what is refused", () => {
  const random = seededRandom(seed);
  let accepted = 0;
  let refused = 0;
  let trailers = 0;
  for (let count = 0; count < 2_000; count++) {
    const { messages, refusal } = readRequestsByCodec([generate("requests", random)]);
    accepted += messages.filter(({ isComplete }) => isComplete).length;
    trailers += messages.filter(({ trailerLines }) => trailerLines > 0).length;
    if (refusal !== undefined) refused++;
  }
  expect(Math.min(accepted, refused)).toBeGreaterThan(500);
  expect(trailers).toBeGreaterThan(10);
});
