import { describe, expect, test } from "vitest";
import { EndpointLearner, type LearntTemplate } from "../../src/noise/collapse.ts";
import { compileEndpoints } from "../../src/noise/endpoint.ts";
import { type SyntheticUrl, seeded, shuffled, syntheticUrls } from "./synthetic-urls.ts";

/** Control and shadow together: names are made by what is learnt so far, rows of absorbed names are moved. */
function run(urls: readonly SyntheticUrl[], takeEvery: number) {
  const learner = new EndpointLearner();
  let nameOf = compileEndpoints([]);
  /** endpoint → templates whose URLs are counted there */
  const rows = new Map<string, Set<string>>();
  const absorb = ({ template, absorbs }: LearntTemplate) => {
    for (const name of absorbs) {
      for (const origin of rows.get(name) ?? []) rows.set(template, (rows.get(template) ?? new Set()).add(origin));
      rows.delete(name);
    }
  };
  for (const [index, { template, path }] of urls.entries()) {
    const name = nameOf("GET", path);
    rows.set(name, (rows.get(name) ?? new Set()).add(template));
    learner.see(name, 1);
    if ((index + 1) % takeEvery !== 0 && index + 1 < urls.length) continue;
    const taken = learner.take();
    taken.forEach(absorb);
    if (taken.length > 0) nameOf = compileEndpoints([], learner.learned);
  }
  return { rows, learner, nameOf };
}

describe("twenty thousand URLs of sixteen templates", () => {
  test.each([
    [1, 100],
    [2, 250],
    [3, 1000],
    [4, 5000],
    [5, 20_000],
  ])("seed %i, asked every %i exchanges: at most 24 groups, none mixing two", (seed, takeEvery) => {
    const urls = syntheticUrls(20_000, seeded(seed));
    const { rows, nameOf } = run(urls, takeEvery);
    expect([...rows].filter(([, origins]) => origins.size > 1).map(([name, origins]) => [name, [...origins]])).toEqual([]);
    expect([...rows.keys()].sort()).toHaveLength(Math.min(rows.size, 24));
    // And so do URLs that nobody has seen yet.
    const later = new Map<string, Set<string>>();
    for (const { template, path } of syntheticUrls(5_000, seeded(seed + 1000)))
      later.set(nameOf("GET", path), (later.get(nameOf("GET", path)) ?? new Set()).add(template));
    expect([...later].filter(([, origins]) => origins.size > 1)).toEqual([]);
    expect(later.size).toBeLessThanOrEqual(24);
  });
});
