// Holds a bundle of evidence against its own hashes. Pure. What it shows: that nothing was changed since the seal was
// noted. Hashes have no key: somebody who changes all of them is found by a seal or a journal that is kept elsewhere.
import { readEntry } from "../rollout/journal.ts";
import { stepText } from "../rollout/step.ts";
import { EVIDENCE_VERSION, type Evidence, hashOf, PART_NAMES, sealOf } from "./evidence-bundle.ts";

export type Verified =
  | { readonly kind: "whole"; readonly evidence: Evidence }
  /** One line for each that does not hold. */
  | { readonly kind: "broken"; readonly problems: readonly string[] }
  /** No bundle of evidence, or one of a newer Parallax. */
  | { readonly kind: "unreadable"; readonly why: string };

export function verifyEvidence(text: string): Verified {
  const read = readBundle(text);
  if (typeof read === "string") return { kind: "unreadable", why: read };
  const problems = [
    ...PART_NAMES.filter((name) => hashOf(read.parts[name]) !== read.sha256[name]).map(
      (name) => `${name}: was changed, its SHA-256 is another`,
    ),
    ...(sealOf(read) === read.seal ? [] : ["seal: who made it, when, or a part's SHA-256 was changed"]),
    ...journalProblems(read),
  ];
  return problems.length === 0 ? { kind: "whole", evidence: read } : { kind: "broken", problems };
}

function readBundle(text: string): Evidence | string {
  let value: Partial<Evidence> | null;
  try {
    value = JSON.parse(text) as Partial<Evidence> | null;
  } catch {
    return "is no JSON";
  }
  if (typeof value !== "object" || value === null || value.parallax !== "evidence")
    return "is no evidence of a rollout";
  if (value.version !== EVIDENCE_VERSION)
    return `is of version ${String(value.version)}: this Parallax verifies ${EVIDENCE_VERSION}`;
  const { parts, sha256 } = value;
  if (typeof parts !== "object" || typeof sha256 !== "object" || !Array.isArray(parts?.journal?.entries))
    return "is not whole";
  return value as Evidence;
}

/** Each entry as its line in the journal has it, and each line as its own hash has it. */
function journalProblems({ parts: { journal }, route }: Evidence): readonly string[] {
  const problems: string[] = [];
  let newer = Number.POSITIVE_INFINITY;
  for (const { sealed, sequence, ...told } of journal.entries) {
    const where = `journal entry ${sequence}`;
    if (sequence >= newer) problems.push(`${where}: is not in its order`);
    newer = sequence;
    const line = typeof sealed === "string" ? sealed : "";
    const read = readEntry(line, { sequence: sequence - 1, hash: previousOf(line) });
    if (!read.ok) {
      problems.push(`${where}: its line ${read.why}`);
      continue;
    }
    const { event, from, to, ...rest } = read.value;
    const sealedAs = { ...rest, action: event, from: stepText(from), to: stepText(to) };
    const isAsSealed = (Object.keys(told) as (keyof typeof told)[]).every(
      (key) => hashOf([told[key]]) === hashOf([sealedAs[key]]),
    );
    if (!isAsSealed || sealedAs.route !== route) problems.push(`${where}: is not what its line says`);
  }
  return problems;
}

/** Of the entry before, which is another route's perhaps and not in the bundle. */
function previousOf(line: string): string {
  return /"previous":"([0-9a-f]{64})","hash":"[0-9a-f]{64}"\}$/.exec(line)?.[1] ?? "";
}
