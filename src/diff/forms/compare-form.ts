// Two application/x-www-form-urlencoded bodies as pairs (WHATWG URL §5.1): decoded; the order of different names has
// no meaning, the order of values under one name has. Names and values are compared as the bytes they stand for.
import { Deadline } from "../deadline.ts";
import { type BodyOutcome, type Judging, timeIsUp } from "../judging.ts";
import { FlatFindings } from "./flat-findings.ts";

/** Bytes as latin1 text, so that what is not UTF-8 stays what it is. */
type ByteText = string;

const ESCAPE = /%([0-9a-fA-F]{2})/g;

function decodePart(part: ByteText): ByteText {
  return part
    .replaceAll("+", " ")
    .replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function toText(bytes: ByteText): string {
  return Buffer.from(bytes, "latin1").toString();
}

/** Name → its values, in order. A pair without `=` has an empty value; nothing between two `&` is no pair. */
function parseForm(bytes: Uint8Array): Map<ByteText, ByteText[]> {
  const fields = new Map<ByteText, ByteText[]>();
  for (const pair of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("latin1")
    .trim()
    .split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodePart(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decodePart(pair.slice(equals + 1));
    const known = fields.get(name);
    if (known === undefined) fields.set(name, [value]);
    else known.push(value);
  }
  return fields;
}

const NO_VALUES: readonly ByteText[] = [];

export function compareForms(
  judging: Judging,
  legacyBytes: Uint8Array,
  candidateBytes: Uint8Array,
): BodyOutcome {
  const { settings, clock } = judging.compiled;
  const deadline = new Deadline(clock, settings.timeMsMax);
  const legacy = parseForm(legacyBytes);
  const candidate = parseForm(candidateBytes);
  const findings = new FlatFindings(judging);
  for (const name of new Set([...legacy.keys(), ...candidate.keys()])) {
    const valuesL = legacy.get(name) ?? NO_VALUES;
    const valuesC = candidate.get(name) ?? NO_VALUES;
    const longer = Math.max(valuesL.length, valuesC.length);
    for (let nth = 0; nth < longer && !findings.isOver; nth++) {
      if (deadline.spend(1)) return timeIsUp(settings);
      const valueL = valuesL[nth];
      const valueC = valuesC[nth];
      if (valueL === valueC) continue;
      findings.note({
        segments: longer === 1 ? [toText(name)] : [toText(name), nth],
        legacy: valueL === undefined ? undefined : toText(valueL),
        candidate: valueC === undefined ? undefined : toText(valueC),
        isAdditive: valuesL.length === 0,
      });
    }
    if (findings.isOver) break;
  }
  return findings.outcome(0);
}
