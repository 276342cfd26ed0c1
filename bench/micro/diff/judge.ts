// The judge as the proxy calls it, against what one would write without it: JSON.parse of both bodies, and
// fast-json-patch on the two values. All begin with bytes.
import fastJsonPatch from "fast-json-patch";
import { type Answer, fieldLinesFrom } from "../../../src/core/exchange.ts";
import type { Rule } from "../../../src/core/rule.ts";
import { judge } from "../../../src/diff/judge.ts";
import { compileCompare } from "../../../src/diff/judging.ts";
import type { Pair, Variant } from "../pair.ts";
import { CORPORA, type Corpus } from "./corpora.ts";
import {
  changeAt,
  changeMany,
  countObjects,
  insertElement,
  reorderKeys,
  THREE_PLACES,
} from "./variations.ts";

const KB = 1000;

/** Twenty rules, of which some match places in the corpora and few of them differences. */
const TWENTY_RULES: readonly Rule[] = [
  "/records/*/updatedAt",
  "/records/*/createdAt",
  "/records/*/_source/published",
  "/records/0/id",
  "/createdAt",
  "/customer/email",
  "/**/requestId",
  "/**/traceId",
  "/next",
  "/meta/generatedAt",
  ...Array.from({ length: 10 }, (_, index) => `/records/*/field${index}/value`),
].map((path) => ({ kind: "ignore", path }));

interface Bodies {
  readonly legacy: Buffer;
  readonly candidate: Buffer;
}

function answerOf(body: Buffer): Answer {
  return {
    status: 200,
    headers: fieldLinesFrom([["content-type", "application/json"]]),
    body,
    capture: "complete",
  };
}

function judgeVariant(name: string, { legacy, candidate }: Bodies, rules: readonly Rule[] = []): Variant {
  const compiled = compileCompare({
    headers: ["content-type"],
    status: "exact",
    rules,
    decodedBytesMax: 64 << 20,
    depthMax: 1000,
    differencesMax: 200,
    timeMsMax: 60_000,
  });
  const [answerL, answerC] = [answerOf(legacy), answerOf(candidate)];
  return {
    name,
    run(times) {
      let matches = 0;
      for (let time = 0; time < times; time++)
        if (judge(answerL, answerC, compiled).verdict.kind === "match") matches++;
      return matches;
    },
  };
}

function parseVariant({ legacy, candidate }: Bodies): Variant {
  return {
    name: "JSON.parse of both",
    run(times) {
      let seen = 0;
      for (let time = 0; time < times; time++)
        if (JSON.parse(legacy.toString()) !== JSON.parse(candidate.toString())) seen++;
      return seen;
    },
  };
}

function patchVariant({ legacy, candidate }: Bodies): Variant {
  return {
    name: "JSON.parse of both + fast-json-patch",
    run(times) {
      let operations = 0;
      for (let time = 0; time < times; time++)
        operations += fastJsonPatch.compare(
          JSON.parse(legacy.toString()) as object,
          JSON.parse(candidate.toString()) as object,
        ).length;
      return operations;
    },
  };
}

interface Variation {
  readonly name: string;
  /** Judge / (JSON.parse of both + fast-json-patch), where there is a goal for this size. */
  readonly atMost: (bytes: number) => number | undefined;
  readonly textOf: (value: unknown) => string;
}

function isMiddleSize(bytes: number): boolean {
  return bytes >= 1.9 * KB && bytes <= 500 * KB;
}

function neverSlower(): number {
  return 1;
}

function scalars(name: string, shares: readonly number[]): Variation {
  return {
    name,
    atMost: (bytes) => (isMiddleSize(bytes) ? 1 / 4 : undefined),
    textOf: (value) => JSON.stringify(changeAt(value, shares)),
  };
}

const SCALAR_VARIATIONS: readonly Variation[] = [
  scalars("one scalar at the start", [0]),
  scalars("one scalar in the middle", [0.5]),
  scalars("one scalar at the end", [1]),
  scalars("three scalars", THREE_PLACES),
];

const VARIATIONS: readonly Variation[] = [
  {
    name: "equal bytes",
    atMost: (bytes) => (bytes >= 1.9 * KB ? 1 / 100 : undefined),
    textOf: (value) => JSON.stringify(value),
  },
  ...SCALAR_VARIATIONS,
  { name: "white space", atMost: () => 1 / 2, textOf: (value) => JSON.stringify(value, null, 2) },
  {
    name: "keys of all objects reordered",
    atMost: neverSlower,
    textOf: (value) => JSON.stringify(reorderKeys(value, () => true)),
  },
  {
    name: "keys of one object reordered",
    atMost: neverSlower,
    textOf: (value) => {
      const middle = countObjects(value) >> 1;
      return JSON.stringify(reorderKeys(value, (index) => index === middle));
    },
  },
  {
    name: "element inserted in front",
    atMost: neverSlower,
    textOf: (value) => JSON.stringify(insertElement(value, 0)),
  },
  {
    name: "element inserted in the middle",
    atMost: neverSlower,
    textOf: (value) => JSON.stringify(insertElement(value, 0.5)),
  },
  {
    name: "100 fields changed",
    atMost: neverSlower,
    textOf: (value) => JSON.stringify(changeMany(value, 100)),
  },
];

function bodiesOf({ value }: Corpus, { textOf }: Variation): Bodies {
  return { legacy: Buffer.from(JSON.stringify(value)), candidate: Buffer.from(textOf(value)) };
}

function pairsOf(corpus: Corpus): readonly Pair[] {
  const againstPatch = VARIATIONS.map((variation): Pair => {
    const bodies = bodiesOf(corpus, variation);
    return {
      name: `diff/judge: ${corpus.name}, ${variation.name}`,
      base: patchVariant(bodies),
      other: judgeVariant("judge", bodies),
      atMost: variation.atMost(corpus.bytes),
    };
  });
  const againstParse = SCALAR_VARIATIONS.map((variation): Pair => {
    const bodies = bodiesOf(corpus, variation);
    return {
      name: `diff/judge: ${corpus.name}, ${variation.name}, parse alone`,
      base: parseVariant(bodies),
      other: judgeVariant("judge", bodies),
      atMost: isMiddleSize(corpus.bytes) ? 1 / 2.5 : undefined,
    };
  });
  const rules = [SCALAR_VARIATIONS[3], VARIATIONS.at(-1)].map((variation): Pair => {
    const bodies = bodiesOf(corpus, variation as Variation);
    return {
      name: `diff/judge: ${corpus.name}, ${(variation as Variation).name}, twenty rules`,
      base: judgeVariant("no rules", bodies),
      other: judgeVariant("twenty rules", bodies, TWENTY_RULES),
      atMost: 1.3,
    };
  });
  return [...againstPatch, ...againstParse, ...rules];
}

export const judgePairs: readonly Pair[] = CORPORA.flatMap(pairsOf);
