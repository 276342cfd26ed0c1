// What was seen of each route's step, in one file of the data directory, so that a restart does not begin it anew.
// A lost or broken file costs time and decides nothing wrongly: evidence is gathered again.
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StepEvidence } from "../rollout/gate/step-evidence.ts";
import type { RouteLife } from "../rollout/route-life.ts";

const EVIDENCE_FILE = "rollout-evidence.json";

/** By route; nothing where the file is not there or not readable. */
export async function readEvidence(directory: string): Promise<ReadonlyMap<string, StepEvidence>> {
  try {
    const stored: unknown = JSON.parse(await readFile(join(directory, EVIDENCE_FILE), "utf8"));
    const entries = Object.entries(stored as object).flatMap(([route, json]) => {
      const evidence = StepEvidence.from(json);
      return evidence === undefined ? [] : [[route, evidence] as const];
    });
    return new Map(entries);
  } catch {
    return new Map(); // gathered anew
  }
}

/** Written whole beside the old one, then put in its place: a crash leaves one of the two. Rejects where it cannot. */
export async function writeEvidence(directory: string, lives: readonly RouteLife[]): Promise<void> {
  const seen = lives.filter(({ evidence }) => evidence.pairs.pairs > 0);
  const text = JSON.stringify(Object.fromEntries(seen.map(({ route, evidence }) => [route, evidence])));
  const file = join(directory, EVIDENCE_FILE);
  await writeFile(`${file}.next`, text, { mode: 0o600 });
  await rename(`${file}.next`, file);
}
