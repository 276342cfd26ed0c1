// What was seen of each route's step, in one file of the data directory, so that a restart does not begin it anew.
// A lost or broken file costs time and decides nothing wrongly: evidence is gathered again.
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StepEvidence } from "../rollout/gate/step-evidence.ts";
import type { RouteLife } from "../rollout/route-life.ts";

export const EVIDENCE_FILE = "rollout-evidence.json";

/** A step's is 200 kB at most: room for hundreds of routes. More is not what Parallax wrote. */
const EVIDENCE_BYTES_MAX = 64 * 1024 * 1024;

/** By route; nothing where the file is not there or not readable. What is not taken is told: `warn` gets a line. */
export async function readEvidence(
  directory: string,
  warn: (text: string) => void = () => undefined,
): Promise<ReadonlyMap<string, StepEvidence>> {
  const file = join(directory, EVIDENCE_FILE);
  const anew = "the evidence of the routes' steps is gathered anew";
  try {
    const { size } = await stat(file);
    if (size > EVIDENCE_BYTES_MAX) {
      warn(`${file} has ${size} bytes, over ${EVIDENCE_BYTES_MAX}, and is not read: ${anew}`);
      return new Map();
    }
    const stored: unknown = JSON.parse(await readFile(file, "utf8"));
    const entries = Object.entries(stored as object).flatMap(([route, json]) => {
      const evidence = StepEvidence.from(json);
      if (evidence !== undefined) return [[route, evidence] as const];
      warn(`${file} has no evidence of ${JSON.stringify(route)} that can be read: it is gathered anew`);
      return [];
    });
    return new Map(entries);
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (code !== "ENOENT") warn(`${file} cannot be read (${String(code ?? "it is no JSON")}): ${anew}`);
    return new Map();
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
