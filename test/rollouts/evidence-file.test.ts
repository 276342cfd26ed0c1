import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StepEvidence } from "../../src/rollout/gate/step-evidence.ts";
import { RouteLife } from "../../src/rollout/route-life.ts";
import { beginState } from "../../src/rollout/state.ts";
import type { RouteState } from "../../src/rollout/terms.ts";
import { EVIDENCE_FILE, readEvidence, writeEvidence } from "../../src/rollouts/evidence-file.ts";
import { CLOCK_MS, cleanShadow, servedOf } from "../rollout/gate/exchanges.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parallax-evidence-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SERVED = servedOf();
const STATE: RouteState = { ...beginState("shadow", 0), since: 7, clockAtMs: CLOCK_MS };

function lifeOf(evidence: StepEvidence | undefined, state = STATE): RouteLife {
  return new RouteLife("users", { state, served: SERVED, warmUpMs: 0, evidence });
}

async function readBack() {
  const warnings: string[] = [];
  const evidence = await readEvidence(folder, (text) => warnings.push(text));
  return { evidence, warnings };
}

test("goes on with what it wrote", async () => {
  await writeEvidence(folder, [lifeOf(cleanShadow(700))]);
  const { evidence, warnings } = await readBack();
  expect(lifeOf(evidence.get("users")).evidence.pairs.pairs).toBe(700);
  expect(warnings).toEqual([]);
});

test("takes no evidence of another data directory that has the epoch by chance", async () => {
  await writeEvidence(folder, [lifeOf(cleanShadow(700))]);
  const { evidence } = await readBack();
  const moved = lifeOf(evidence.get("users"), { ...STATE, clockAtMs: CLOCK_MS + 1 });
  expect(moved.evidence.pairs.pairs).toBe(0);
  expect(lifeOf(evidence.get("users"), { ...STATE, clockAtMs: null }).evidence.pairs.pairs).toBe(0);
});

test("goes on with the clock of a route that never moved: the journal knows nothing of it", () => {
  const evidence = StepEvidence.from({ ...cleanShadow(700).toJSON(), since: 0 });
  const life = lifeOf(evidence, beginState("shadow", 0));
  expect(life.state.clockAtMs).toBe(CLOCK_MS);
  expect(life.evidence.pairs.pairs).toBe(700);
});

test("tells of a file that it cannot take, and begins anew", async () => {
  expect(await readBack()).toEqual({ evidence: new Map(), warnings: [] });
  const file = join(folder, EVIDENCE_FILE);
  for (const text of ["{", "7", '{"users":{"version":2}}', "null"]) {
    writeFileSync(file, text);
    expect((await readBack()).evidence.size).toBe(0);
  }
  writeFileSync(file, '{"users":');
  expect((await readBack()).warnings).toEqual([expect.stringContaining("it is no JSON")]);
  writeFileSync(file, '{"users":{"version":2}}');
  expect((await readBack()).warnings).toEqual([expect.stringContaining('no evidence of "users"')]);
  // Sparse: it costs no disk.
  truncateSync(file, 64 * 1024 * 1024 + 1);
  expect((await readBack()).warnings).toEqual([expect.stringContaining("and is not read")]);
});
