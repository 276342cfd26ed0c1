// The table of body pairs: one folder a case. Bodies are `.body`, so that no tool reformats their bytes.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Rule } from "../../src/core/rule.ts";
import type { Difference } from "../../src/core/verdict.ts";
import { judge } from "../../src/diff/judge.ts";
import { compileCompare } from "../../src/diff/judging.ts";
import { makeAnswer, makeSettings } from "./support/answers.ts";

interface Expected {
  readonly why?: string;
  readonly rules?: readonly Rule[];
  readonly verdict: string;
  readonly differences?: readonly Partial<Difference>[];
  readonly ruleHits?: Readonly<Record<string, number>>;
  readonly notes?: readonly string[];
}

const root = new URL("./cases/", import.meta.url);

for (const name of readdirSync(root).sort()) {
  const expected = JSON.parse(readFileSync(new URL(`${name}/expected.json`, root), "utf8")) as Expected;
  test(expected.why === undefined ? name : `${name}: ${expected.why}`, () => {
    const compiled = compileCompare(makeSettings({ rules: expected.rules ?? [] }));
    const legacy = makeAnswer(readFileSync(new URL(`${name}/legacy.body`, root)));
    const candidate = makeAnswer(readFileSync(new URL(`${name}/candidate.body`, root)));
    const { verdict, ruleHits, notes } = judge(legacy, candidate, compiled);
    const differences = verdict.kind === "mismatch" ? verdict.differences : [];
    expect({
      verdict: verdict.kind,
      differences: differences.map(({ path, kind, legacy: l, candidate: c, class: ofClass }, index) => ({
        path,
        kind,
        ...(expected.differences?.[index]?.class === undefined ? {} : { class: ofClass }),
        ...(l === undefined ? {} : { legacy: l }),
        ...(c === undefined ? {} : { candidate: c }),
      })),
      ruleHits: Object.fromEntries(ruleHits),
      notes: notes ?? [],
    }).toEqual({
      verdict: expected.verdict,
      differences: expected.differences ?? [],
      ruleHits: expected.ruleHits ?? {},
      notes: expected.notes ?? [],
    });
  });
}
