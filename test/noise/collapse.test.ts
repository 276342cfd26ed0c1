import { describe, expect, test } from "vitest";
import { EndpointLearner, type LearntTemplate } from "../../src/noise/collapse.ts";
import { compileEndpoints } from "../../src/noise/endpoint.ts";
import { SHOP, SITE, type SyntheticUrl, seeded, shuffled, syntheticUrls } from "./synthetic-urls.ts";

/** Control and shadow together: names are made by what is learnt so far, rows of absorbed names are moved. */
function run(urls: readonly SyntheticUrl[], takeEvery: number) {
  const learner = new EndpointLearner();
  let nameOf = compileEndpoints([]);
  /** endpoint → templates whose URLs are counted there */
  const rows = new Map<string, Set<string>>();
  const absorb = ({ template, absorbs }: LearntTemplate) => {
    for (const name of absorbs) {
      for (const origin of rows.get(name) ?? [])
        rows.set(template, (rows.get(template) ?? new Set()).add(origin));
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
    [1, 100, SHOP],
    [2, 1000, SHOP],
    [3, 20_000, SHOP],
    [4, 50, SITE],
    [5, 1000, SITE],
    [6, 20_000, SITE],
  ])(
    "seed %i, asked every %i exchanges: at most 24 groups, none mixing two",
    (seed, takeEvery, templates) => {
      expect(Object.keys(templates)).toHaveLength(16);
      const urls = syntheticUrls(20_000, seeded(seed), templates);
      const { rows, nameOf } = run(urls, takeEvery);
      expect(
        [...rows].filter(([, origins]) => origins.size > 1).map(([name, origins]) => [name, [...origins]]),
      ).toEqual([]);
      expect([...rows.keys()].sort()).toHaveLength(Math.min(rows.size, 24));
      // And so do URLs that nobody has seen yet.
      const later = new Map<string, Set<string>>();
      for (const { template, path } of syntheticUrls(5_000, seeded(seed + 1000), templates))
        later.set(nameOf("GET", path), (later.get(nameOf("GET", path)) ?? new Set()).add(template));
      expect([...later].filter(([, origins]) => origins.size > 1)).toEqual([]);
      expect(later.size).toBeLessThanOrEqual(24);
    },
  );
});

function learn(names: readonly string[], options: ConstructorParameters<typeof EndpointLearner>[0] = {}) {
  const learner = new EndpointLearner(options);
  for (const name of names) learner.see(name, 20);
  return { learner, taken: learner.take() };
}

/** `count` words without anything that looks like a value. */
function words(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `word${String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26))}`,
  );
}

test("what is learnt does not depend on the order of the names", () => {
  const urls = syntheticUrls(4000, seeded(11), SHOP);
  const nameOf = compileEndpoints([]);
  const names = urls.map(({ path }) => nameOf("GET", path));
  const expected = learn(names).taken;
  expect(expected.length).toBeGreaterThan(5);
  for (const seed of [1, 2, 3]) expect(learn(shuffled(names, seeded(seed))).taken).toEqual(expected);
});

test("every absorbed name is named by the template from then on, and all others keep their names", () => {
  const nameOf = compileEndpoints([]);
  const names = [...new Set(syntheticUrls(4000, seeded(12), SHOP).map(({ path }) => nameOf("GET", path)))];
  const { learner, taken } = learn(names);
  const after = compileEndpoints([], learner.learned);
  const home = new Map(
    taken.flatMap(({ template, absorbs }) => absorbs.map((name) => [name, template] as const)),
  );
  for (const name of names) expect(after("GET", name.slice(4))).toBe(home.get(name) ?? name);
});

describe("how many names make a parameter", () => {
  test.each([
    [23, 0],
    [24, 1],
    [25, 1],
  ])("%i words that end at one place: %i templates", (count, templates) => {
    const { taken } = learn(words(count).map((word) => `GET /users/${word}`));
    expect(taken.map(({ template }) => template)).toEqual(["GET /users/{user}"].slice(0, templates));
    expect(taken[0]?.absorbs.length ?? count).toBe(count);
  });

  test.each([
    [7, 0],
    [8, 1],
    [9, 1],
  ])("%i words that go on with the same literal: %i templates", (count, templates) => {
    const { taken } = learn(words(count).map((word) => `GET /${word}/reports`));
    expect(taken.map(({ template }) => template)).toEqual(["GET /{name}/reports"].slice(0, templates));
  });

  test.each([
    [7, 0],
    [8, 1],
    [9, 1],
  ])("%i that look like values: %i templates", (count, templates) => {
    const { taken } = learn(words(count).map((word) => `GET /files/${word}.css`));
    expect(taken).toHaveLength(templates);
  });

  test.each([
    [3, 0],
    [4, 1],
    [5, 1],
  ])("%i languages beside those with a region: %i templates", (count, templates) => {
    const names = ["de", "en", "fr", "es", "it"].slice(0, count).map((language) => `GET /${language}/about`);
    const { taken } = learn(["GET /{locale}/about", ...names, ...names]);
    expect(taken).toHaveLength(templates);
  });

  test("collections of a REST API are no parameter", () => {
    const names = words(40).flatMap((word) => [`GET /${word}`, `GET /${word}/{id}`, `GET /${word}/search`]);
    expect(learn(names).taken.filter(({ template }) => template.endsWith("}/{id}"))).toEqual([]);
  });

  test("operations of an RPC API are none", () => {
    expect(learn(words(40).map((word) => `GET /rpc/get${word.toUpperCase()}`)).taken).toEqual([]);
  });

  test.each([
    [99, 0],
    [100, 1],
  ])("%i exchanges at one place: %i templates", (exchanges, templates) => {
    const learner = new EndpointLearner();
    for (const word of words(24)) learner.see(`GET /users/${word}`, 1);
    learner.see("GET /users/wordaa", 4);
    learner.see("GET /users/wordab", 4);
    for (let more = 32; more < exchanges; more++) learner.see(`GET /users/${words(24)[more % 24]}`, 1);
    expect(learner.take()).toHaveLength(templates);
  });
});

describe("literals beside a parameter", () => {
  const users = words(30).map((word) => `GET /users/${word}`);

  test("a word with far more traffic stays, and the template does not take it over", () => {
    const learner = new EndpointLearner();
    for (const name of users) learner.see(name, 10);
    learner.see("GET /users/me", 30);
    const taken = learner.take();
    expect(taken).toMatchObject([
      { template: "GET /users/{user}" },
      { template: "GET /users/me", absorbs: [] },
    ]);
    const nameOf = compileEndpoints([], learner.learned);
    expect(nameOf("GET", "/users/me")).toBe("GET /users/me");
    expect(nameOf("GET", "/users/anybody")).toBe("GET /users/{user}");
  });

  test("a word with hardly more does not", () => {
    const learner = new EndpointLearner();
    for (const name of users) learner.see(name, 10);
    learner.see("GET /users/me", 29);
    expect(learner.take()).toMatchObject([{ template: "GET /users/{user}" }]);
  });

  test("a word with a structure of its own stays", () => {
    const { learner } = learn([...users, "GET /users/search", "GET /users/search/recent"]);
    expect(learner.learned).toEqual(["GET /users/search", "GET /users/{user}"]);
  });

  test("values by their shape are absorbed where they go on alike", () => {
    const { taken } = learn([...users, "GET /users/{id}", "GET /users/{id}/friends"]);
    expect(taken).toHaveLength(1);
    expect(taken[0]?.absorbs).toContain("GET /users/{id}");
    expect(taken[0]?.absorbs).not.toContain("GET /users/{id}/friends");
  });
});

describe("after learning", () => {
  const users = words(30).map((word) => `GET /users/${word}`);

  test("nothing comes twice, and a name that came late is absorbed", () => {
    const { learner } = learn(users);
    expect(learner.take()).toEqual([]);
    learner.see("GET /users/{user}", 1000);
    expect(learner.take()).toEqual([]);
    learner.see("GET /users/late", 1);
    expect(learner.take()).toEqual([{ template: "GET /users/{user}", absorbs: ["GET /users/late"] }]);
  });

  test("a template is absorbed by a later one, and no longer counts", () => {
    const { learner } = learn(words(12).map((word) => `GET /${word}/reports/{id}/first`));
    expect(learner.learned).toEqual(["GET /{name}/reports/{id}/first"]);
    for (const word of words(30)) learner.see(`GET /${word}x/reports/${word}/first`, 10);
    learner.take();
    expect(learner.learned).toEqual(["GET /{name}/reports/{report}/first"]);
  });

  test("what was learnt in an earlier life goes on", () => {
    const { learner } = learn(users);
    const next = new EndpointLearner({ learned: learner.learned });
    expect(next.learned).toEqual(learner.learned);
    next.see("GET /users/somebody", 1);
    expect(next.take()).toEqual([{ template: "GET /users/{user}", absorbs: ["GET /users/somebody"] }]);
  });

  test("methods share a place, each with a template of its own", () => {
    const { taken } = learn([...users, "DELETE /users/wordaa"]);
    expect(taken.map(({ template }) => template)).toEqual(["DELETE /users/{user}", "GET /users/{user}"]);
  });

  test("what the config names is left as it is", () => {
    const configured = ["/users/{login}", "GET /teams/{team}"];
    const { taken } = learn([...users, "GET /users/{login}"], { configured });
    expect(taken[0]?.absorbs).not.toContain("GET /users/{login}");
  });

  test("what is no name of a path is not looked at", () => {
    const odd = ["*other*", "OPTIONS *", "GET /a/**", "", `GET /${"x".repeat(600)}`];
    expect(learn(odd).taken).toEqual([]);
  });
});

describe("past the bound on templates", () => {
  const users = words(24).map((word) => `GET /users/${word}`);

  test.each([
    [1022, 1],
    [1023, 1],
    [1024, 0],
    [1025, 0],
  ])("%i known from an earlier life: %i more are learnt", (count, more) => {
    const learned = Array.from({ length: count }, (_, index) => `GET /known${index}/{thing}`);
    const { learner, taken } = learn(users, { learned });
    expect(taken.map(({ template }) => template)).toEqual(["GET /users/{user}"].slice(0, more));
    expect(learner.learned).toHaveLength(Math.min(count, 1024) + more);
  });

  test("a literal is not kept apart by a template more", () => {
    const learned = Array.from({ length: 1023 }, (_, index) => `GET /known${index}/{thing}`);
    const { learner, taken } = learn([...users, ...users, "GET /users/search/recent", "GET /users/search"], {
      learned,
    });
    expect(taken.map(({ template }) => template)).toEqual(["GET /users/{user}"]);
    expect(learner.learned).toHaveLength(1024);
  });
});

describe("the tree of names", () => {
  /** As many segments as are left over for `/users` and 24 words, and `more`; never seen often enough to fold. */
  const fill = (more: number): EndpointLearner => {
    const learner = new EndpointLearner();
    for (let index = 0; index < 65_536 - 25 + more; index++) learner.see(`GET /n${index}`, 0);
    for (const word of words(24)) learner.see(`GET /users/${word}`, 1);
    return learner;
  };

  test.each([
    [-1, 24],
    [0, 24],
    [1, 0],
  ])("with %i segments more than there is room for, %i words are absorbed", (more, absorbed) => {
    const learner = fill(more);
    // Names that are known need no room.
    for (const word of words(24)) learner.see(`GET /users/${word}`, 20);
    const taken = learner.take().find(({ template }) => template === "GET /users/{user}");
    expect(taken?.absorbs.length ?? 0).toBe(absorbed);
  });
});

test("past its bound on names it sees no new ones, and goes on", () => {
  const learner = new EndpointLearner();
  for (let index = 0; index < 33_000; index++) learner.see(`GET /a${index}/${index}`, 1);
  learner.see("GET /late/but/long/enough", 1);
  expect(learner.take()).toEqual([]);
});
