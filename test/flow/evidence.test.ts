// The evidence of a route that was moved, decided about and taken back: gathered from a whole Parallax, and verified.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "parse5";
import { request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type EvidenceOptions, runEvidence } from "../../src/commands/evidence.ts";
import { type Evidence, hashOf, sealOf } from "../../src/commands/evidence-bundle.ts";
import { type House, startHouse } from "./house.ts";
import { startHttp, type Upstream } from "./upstreams.ts";

const REASON = "agreed with <b>dana</b>";
const folder = mkdtempSync(join(tmpdir(), "parallax-evidence-"));
let house: House;
let upstreams: readonly Upstream[];

async function post(path: string, body: object): Promise<void> {
  const answer = await request(`${house.admin}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect([path, answer.statusCode]).toEqual([path, 200]);
  await answer.body.dump();
}

beforeAll(async () => {
  const answering = (price: string) =>
    startHttp((_, out) => {
      out.setHeader("content-type", "application/json");
      out.end(`{"price":${price}}`);
    });
  upstreams = await Promise.all([answering("1"), answering("2")]);
  const [legacy, candidate] = upstreams;
  house = await startHouse({
    threads: { serving: 1, shadow: 1 },
    upstreams: { legacy: { url: legacy?.url }, candidate: { url: candidate?.url } },
    rollout: { units: [{ kind: "tenant", header: "x-tenant" }], steps: [5, 50] },
    routes: [
      { name: "items", match: { path: "/items/**" } },
      { name: "rest", match: { path: "/**" } },
    ],
  });
});

/** Once: polling is for tests alone. */
async function moveAndDecide(): Promise<void> {
  for (let n = 0; n < 5; n++) await (await request(`http://127.0.0.1:${house.port}/items/${n}`)).body.dump();
  await house.settled(5);
  await post("/api/rollout/items/promote", { to: "50", force: true, reason: REASON });
  await post("/api/rollout/rest/promote", { to: "5", force: true, reason: "another route's" });
  await post("/api/rollout/items/rollback", { reason: "wrong price" });
  const found = async () =>
    (await (await request(`${house.admin}/api/differences`)).body.json()) as {
      differences: readonly { id: string }[];
    };
  await expect.poll(async () => (await found()).differences.length, { timeout: 10_000 }).toBe(1);
  const ids = (await found()).differences.map(({ id }) => id);
  await post("/api/triage", { ids, state: "bug", link: "https://bugs.test/7", owner: "pricing" });
}

let moved: Promise<void> | undefined;
beforeEach(() => {
  moved ??= moveAndDecide();
  return moved;
});

afterAll(async () => {
  await house.stop();
  await Promise.all(upstreams.map((upstream) => upstream.stop()));
  rmSync(folder, { recursive: true });
});

async function run(changes: Partial<EvidenceOptions>) {
  const [out, error]: [string[], string[]] = [[], []];
  const terminal = {
    write: (text: string) => void out.push(text),
    writeError: (text: string) => void error.push(text),
  };
  const code = await runEvidence({ admin: house.admin, version: "1.2.3", ...changes }, terminal);
  return { code, out: out.join(""), error: error.join("") };
}

async function bundle(): Promise<Evidence> {
  return JSON.parse((await run({ route: "items" })).out) as Evidence;
}

describe("the evidence of a route", () => {
  test("has its journal, the gate's readings, its differences and who decided on them", async () => {
    const { parts, madeWith, route } = await bundle();
    expect([route, madeWith, parts.state.stage, parts.plan.route]).toEqual([
      "items",
      "1.2.3",
      "shadow",
      "items",
    ]);
    const moves = parts.journal.entries.filter(({ action }) => action !== "acknowledged");
    expect(moves.map(({ action, to, reason }) => [action, to, reason])).toEqual([
      ["rollback", "shadow", "wrong price"],
      ["promote", "ramp 50 %", REASON],
    ]);
    expect(parts.journal.head.sequence).toBeGreaterThan(parts.journal.entries.length);
    expect(parts.differences.endpoints.flatMap(({ signatures }) => signatures)).toMatchObject([
      { path: "/price", state: "bug", owner: "pricing" },
    ]);
    expect(parts.decisions).toMatchObject([{ action: "triage", detail: { state: "bug" } }]);
  });

  test("is written as a page and as JSON, whose seal is the same", async () => {
    const { code, out } = await run({ route: "items", out: folder });
    const [html = "", json = "", seal = ""] = out.split("\n");
    expect([code, html, json]).toEqual([
      0,
      join(folder, "evidence-items.html"),
      join(folder, "evidence-items.json"),
    ]);
    const page = readFileSync(html, "utf8");
    const evidence = JSON.parse(readFileSync(json, "utf8")) as Evidence;
    expect(seal).toBe(`seal ${evidence.seal}`);
    for (const text of [
      evidence.seal,
      evidence.parts.journal.head.hash,
      "wrong price",
      "https://bugs.test/7",
    ])
      expect(page).toContain(text);
    expect(page).toContain("agreed with &lt;b&gt;dana&lt;/b&gt;");
    const faults: string[] = [];
    parse(page, { onParseError: ({ code }) => void faults.push(code) });
    expect(faults).toEqual([]);
    expect(await run({ verify: json })).toMatchObject({
      code: 0,
      out: expect.stringMatching(new RegExp(`^whole: route items, .*\n.*\nseal ${evidence.seal}\n$`)),
    });
  });

  test("of a route that is not there names those that are", async () => {
    const { code, error } = await run({ route: "nobody" });
    expect(code).toBe(2);
    expect(error).toContain("there are items, rest");
    expect((await run({})).code).toBe(2);
    expect((await run({ route: "items", out: join(folder, "x.txt") })).code).toBe(2);
    expect((await run({ route: "items", admin: "http://127.0.0.1:1" })).code).toBe(3);
  });
});

describe("a bundle that was changed", () => {
  /** As somebody would who knows that there are hashes. */
  const resealed = (evidence: Evidence): Evidence => {
    const sha256 = Object.fromEntries(
      Object.entries(evidence.parts).map(([name, part]) => [name, hashOf(part)]),
    ) as Evidence["sha256"];
    return { ...evidence, sha256, seal: sealOf({ ...evidence, sha256 }) };
  };
  const verdictOf = async (evidence: unknown) => {
    const file = join(folder, "changed.json");
    writeFileSync(file, typeof evidence === "string" ? evidence : JSON.stringify(evidence));
    return run({ verify: file });
  };
  const withEntry = (
    evidence: Evidence,
    change: (entry: Evidence["parts"]["journal"]["entries"][number]) => object,
  ) => {
    const { parts } = evidence;
    const entries = parts.journal.entries.map((entry, index) =>
      index === 1 ? { ...entry, ...change(entry) } : entry,
    );
    return { ...evidence, parts: { ...parts, journal: { ...parts.journal, entries } } } as Evidence;
  };

  test("is told, whatever part it is", async () => {
    const whole = await bundle();
    expect((await verdictOf(whole)).code).toBe(0);
    for (const name of ["state", "plan", "journal", "differences", "decisions"] as const) {
      const part = { ...whole.parts[name], added: 1 };
      const { code, error } = await verdictOf({ ...whole, parts: { ...whole.parts, [name]: part } });
      expect([name, code]).toEqual([name, 1]);
      expect(error).toContain(`${name}: was changed`);
    }
    const { code, error } = await verdictOf({ ...whole, madeBy: "somebody else" });
    expect([code, error.includes("seal:")]).toEqual([1, true]);
  });

  test("is told by the journal's own lines where its hashes were made anew", async () => {
    const whole = await bundle();
    const retold = resealed(withEntry(whole, () => ({ who: "nobody" })));
    expect((await verdictOf(retold)).error).toContain("is not what its line says");
    const rewritten = resealed(
      withEntry(whole, ({ sealed = "" }) => ({ sealed: sealed.replace("test", "best").replace(":1", ":2") })),
    );
    expect((await verdictOf(rewritten)).error).toContain("does not match its hash");
    const entries = [...whole.parts.journal.entries].reverse();
    const swapped = resealed({
      ...whole,
      parts: { ...whole.parts, journal: { ...whole.parts.journal, entries } },
    });
    expect((await verdictOf(swapped)).error).toContain("is not in its order");
  });

  test("is not taken for one where it is something else", async () => {
    for (const text of [
      "",
      "[]",
      "null",
      '{"parallax":"evidence","version":2}',
      '{"parallax":"evidence","version":1}',
    ])
      expect((await verdictOf(text)).code).toBe(3);
    expect((await run({ verify: join(folder, "nothing.json") })).code).toBe(3);
  });
});
