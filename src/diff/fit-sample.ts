// A sample cut so that it can be stored: past the limit bodies are shortened, the longest first, then the patch goes.
// Escapes count: a body of quotes or control characters is up to six times as long in JSON as it is.
import type { Sample, SampleMessage } from "../core/batch.ts";

/** UTF-8 bytes that one UTF-16 unit can come to in JSON: `\u0000`. */
const UNIT_BYTES_MAX = 6;
const SHORT_ESCAPES = new Set(["\b", "\t", "\n", "\f", "\r", '"', "\\"].map((text) => text.charCodeAt(0)));

const MESSAGES = ["request", "legacy", "candidate"] as const;

/** UTF-8 bytes of one UTF-16 unit inside a JSON string; each half of a pair has two of its four. */
function unitBytes(unit: number): number {
  if (SHORT_ESCAPES.has(unit)) return 2;
  if (unit < 0x20) return UNIT_BYTES_MAX;
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
}

/** How many units of `text` fit in so many bytes of a JSON string, and the bytes that they take. */
function fitUnits(text: string, bytesMax: number): { readonly units: number; readonly bytes: number } {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const cost = unitBytes(text.charCodeAt(at));
    if (bytes + cost > bytesMax) return { units: at, bytes };
    bytes += cost;
  }
  return { units: text.length, bytes };
}

function cutBody<M extends SampleMessage>(message: M, bytesMax: number): M {
  const { body, bodyEncoding } = message;
  let { units } = fitUnits(body, bytesMax);
  if (units === body.length) return message;
  if (bodyEncoding === "base64") units -= units % 4;
  else if (units > 0 && (body.charCodeAt(units) & 0xfc00) === 0xdc00) units--;
  return { ...message, body: body.slice(0, units), isBodyCut: true };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The longest that each of these may be, so that together they are at most `total`: short ones stay whole. */
function fairShare(lengths: readonly number[], total: number): number {
  let left = total;
  let sharers = lengths.length;
  for (const length of lengths.toSorted((a, b) => a - b)) {
    const share = left / sharers;
    if (length > share) return Math.max(0, Math.floor(share));
    left -= length;
    sharers--;
  }
  return total;
}

function withBodies(sample: Sample, cut: <M extends SampleMessage>(message: M) => M): Sample {
  return {
    ...sample,
    request: cut(sample.request),
    legacy: cut(sample.legacy),
    candidate: cut(sample.candidate),
  };
}

/**
 * The sample, at most `bytesMax` bytes as JSON. What is no body is not cut but for the patch: where that alone is too
 * much, the store does not take the sample, and counts it.
 */
export function fitSample(sample: Sample, bytesMax: number): Sample {
  const units = MESSAGES.reduce((sum, name) => sum + sample[name].body.length, 0);
  const bare = withBodies(sample, (message) => ({ ...message, body: "" }));
  let rest = jsonBytes(bare);
  if (rest + units * UNIT_BYTES_MAX <= bytesMax) return sample;
  const lengths = MESSAGES.map((name) => fitUnits(sample[name].body, bytesMax + 1).bytes);
  if (rest + lengths.reduce((sum, length) => sum + length) <= bytesMax) return sample;
  let kept = sample;
  if (rest > bytesMax && sample.patch !== undefined) {
    rest -= jsonBytes(sample.patch);
    kept = { ...sample, patch: undefined };
  }
  const share = fairShare(lengths, Math.max(0, bytesMax - rest));
  return withBodies(kept, (message) => cutBody(message, share));
}
