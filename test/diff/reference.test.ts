// The judge against the reference: random documents in random spellings, changed at random, must get the verdict
// and the differences that exact values, keys and indices ask for. PARALLAX_FUZZ_SECONDS runs it longer,
// PARALLAX_FUZZ_SEED again.
import fc from "fast-check";
import jsonPatch, { type Operation as LibraryOperation } from "fast-json-patch";
import { describe, expect, test } from "vitest";
import type { Difference, Verdict } from "../../src/core/verdict.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { patchText } from "../../src/diff/patch.ts";
import { canonical, compareReference, isSameReference, type Reference } from "./reference/compare.ts";
import {
  documents,
  hasInvalidBytes,
  mutate,
  numberValue,
  ODD_MUTATION,
  pointsOf,
  withoutDuplicates,
} from "./reference/documents.ts";
import { asDoubles, type Json, readJson } from "./reference/json.ts";
import { applyReference, operationsIn } from "./reference/patching.ts";
import { spell, spellBody } from "./reference/spelling.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";
import { effort, patience } from "./support/effort.ts";
import { type Dice, diceFrom } from "./support/model.ts";

const compiled = compileCompare(makeSettings({ differencesMax: 10_000 }));

function verdictOf(legacy: Uint8Array, candidate: Uint8Array): Verdict {
  return judge(makeAnswer(legacy), makeAnswer(candidate), compiled).verdict;
}

function read(bytes: Uint8Array): Json {
  const value = readJson(bytes);
  if (value === undefined) throw new Error(`the speller wrote what is not JSON: ${Buffer.from(bytes)}`);
  return value;
}

function shown(...bodies: readonly Buffer[]): string {
  return bodies.map((body) => JSON.stringify(body.toString("latin1"))).join(" | ");
}

/** Longer texts the judge may have cut, at some character before its limit of 1024 bytes. */
const WHOLE_BYTES_MAX = 1000;

type Row = readonly [path: string, kind: string, legacy?: string | undefined, candidate?: string | undefined];

function rowsOf(
  differences: readonly (Omit<Difference, "part" | "kind"> & { readonly kind: string })[],
  reference: Reference,
): readonly Row[] {
  return differences
    .filter(({ path }) => !reference.resized.some((array) => path.startsWith(`${array.path}/`)))
    .map(({ path, kind, legacy, candidate }): Row => {
      const isLong = [legacy, candidate].some(
        (text) => text !== undefined && Buffer.byteLength(text) > WHOLE_BYTES_MAX,
      );
      // Texts of duplicate keys are joined and cut one by one.
      if (isLong) return [path, kind];
      return [path, kind, legacy, candidate];
    })
    .sort((a, b) => (a.join("\u0000") < b.join("\u0000") ? -1 : 1));
}

/** How many more elements of the array at `path` were put in than taken out. */
function grownAt(path: string, differences: readonly Difference[]): number {
  const own = differences.filter(
    (found) => found.path.startsWith(`${path}/`) && !found.path.slice(path.length + 1).includes("/"),
  );
  const count = (kind: string): number => own.filter((found) => found.kind === kind).length;
  return count("added") - count("removed");
}

function hasDuplicates(value: Json): boolean {
  return canonical(value) !== canonical(withoutDuplicates(value));
}

interface Pair {
  readonly legacy: Buffer;
  readonly candidate: Buffer;
  readonly legacyValue: Json;
  readonly candidateValue: Json;
}

/** A document, and the same after up to three changes, each in a spelling of its own. */
function pairFrom(document: Json, seed: number): Pair {
  const dice: Dice = diceFrom(seed);
  const legacy = spellBody(document, dice);
  let changed = document;
  for (let changes = Math.floor(dice() * 4); changes > 0; changes--)
    changed = mutate(changed, ODD_MUTATION, dice);
  const candidate = spellBody(changed, dice);
  return { legacy, candidate, legacyValue: read(legacy), candidateValue: read(candidate) };
}

test("finds the differences that the reference finds, with their raw text", { timeout: patience }, () => {
  fc.assert(
    fc.property(documents, fc.integer(), (document, seed) => {
      const { legacy, candidate, legacyValue, candidateValue } = pairFrom(document, seed);
      const reference = compareReference(legacyValue, candidateValue);
      const verdict = verdictOf(legacy, candidate);
      const why = shown(legacy, candidate);
      expect(verdict.kind, why).toBe(isSameReference(legacyValue, candidateValue) ? "match" : "mismatch");
      const found = verdict.kind === "mismatch" ? verdict.differences : [];
      expect(rowsOf(found, reference), why).toEqual(rowsOf(reference.differences, reference));
      if (hasDuplicates(legacyValue) || hasDuplicates(candidateValue)) return;
      for (const { path, grown } of reference.resized)
        expect(grownAt(path, found), `${path} of ${why}`).toBe(grown);
    }),
    effort(1500),
  );
});

test("a document matches itself however it is spelled", { timeout: patience }, () => {
  fc.assert(
    fc.property(documents, fc.integer(), (document, seed) => {
      const dice = diceFrom(seed);
      const legacy = spellBody(document, dice);
      // Read again: bytes that were put side by side may have become one character.
      const candidate = spellBody(read(legacy), dice);
      expect(verdictOf(legacy, candidate).kind, shown(legacy, candidate)).toBe("match");
    }),
    effort(700),
  );
});

const SWAPPED: Readonly<Record<string, string>> = { added: "removed", removed: "added" };

test("with the sides swapped, added is removed and each text is on the other side", {
  timeout: patience,
}, () => {
  fc.assert(
    fc.property(documents, fc.integer(), (document, seed) => {
      const { legacy, candidate, legacyValue, candidateValue } = pairFrom(document, seed);
      const there = verdictOf(legacy, candidate);
      const back = verdictOf(candidate, legacy);
      const why = shown(legacy, candidate);
      expect(back.kind, why).toBe(there.kind);
      const reference = compareReference(legacyValue, candidateValue);
      if (there.kind !== "mismatch" || back.kind !== "mismatch") return;
      const mirrored = back.differences.map((found) => ({
        ...found,
        kind: SWAPPED[found.kind] ?? found.kind,
        legacy: found.candidate,
        candidate: found.legacy,
      }));
      expect(rowsOf(mirrored, reference), why).toEqual(rowsOf(there.differences, reference));
    }),
    effort(500),
  );
});

describe("arrays of different lengths", () => {
  test("one element put in is one difference, in any spelling of the others", { timeout: patience }, () => {
    fc.assert(
      fc.property(fc.array(documents, { maxLength: 12 }), fc.nat(), fc.integer(), (items, nth, seed) => {
        const dice = diceFrom(seed);
        const at = nth % (items.length + 1);
        const spelled = (values: readonly Json[]): Buffer =>
          Buffer.from(
            `[${values.map((value) => spell(value, dice).toString("latin1")).join(",")}]`,
            "latin1",
          );
        const legacy = spelled(items);
        const same = read(legacy);
        const again = same.kind === "array" ? same.items : [];
        const candidate = spelled(again.toSpliced(at, 0, numberValue("123454321")));
        const added = { path: `/${at}`, kind: "added", legacy: undefined };
        expect(verdictOf(legacy, candidate), shown(legacy, candidate)).toMatchObject({
          differences: [added],
        });
        const removed = { path: `/${at}`, kind: "removed", candidate: undefined };
        expect(verdictOf(candidate, legacy), shown(candidate, legacy)).toMatchObject({
          differences: [removed],
        });
      }),
      effort(200),
    );
  });
});

/** A null root throws in fast-json-patch: both documents become a member. */
function applyByLibrary(document: unknown, patch: readonly LibraryOperation[]): unknown {
  const wrapped = patch.map((operation) => ({ ...operation, path: `/root${operation.path}` }));
  return jsonPatch.applyPatch({ root: document }, wrapped, true, true, false).newDocument.root;
}

describe("patch(legacy) = candidate", () => {
  test("for every mismatch, with all digits", { timeout: patience }, () => {
    fc.assert(
      fc.property(documents, fc.integer(), (document, seed) => {
        const { legacy, candidate, legacyValue, candidateValue } = pairFrom(
          withoutDuplicates(document),
          seed,
        );
        const why = shown(legacy, candidate);
        const text = patchText(legacy, candidate);
        if (text === undefined) {
          const lacks = [legacyValue, candidateValue].some(
            (value) => hasDuplicates(value) || hasInvalidBytes(value),
          );
          expect(lacks, `no patch for ${why}`).toBe(true);
          return;
        }
        const patched = applyReference(legacyValue, operationsIn(read(Buffer.from(text))));
        expect(canonical(patched), `${text} for ${why}`).toBe(canonical(candidateValue));
        // The library sets the prototype instead of a member of that name.
        const proto = pointsOf("__proto__").join();
        if (canonical(legacyValue).includes(proto) || canonical(candidateValue).includes(proto)) return;
        // What the library makes of it, in doubles.
        const operations = asDoubles(read(Buffer.from(text))) as LibraryOperation[];
        const byLibrary = applyByLibrary(asDoubles(legacyValue), operations);
        const again = (value: unknown): string => canonical(read(Buffer.from(JSON.stringify(value))));
        expect(again(byLibrary), `${text} for ${why}`).toBe(again(asDoubles(candidateValue)));
      }),
      effort(700),
    );
  });
});
