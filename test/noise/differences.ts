// Differences as the judge finds them, short to write.
import type { Difference } from "../../src/core/verdict.ts";

export function changed(path: string, legacy: string | undefined, candidate: string | undefined): Difference {
  return {
    part: "body",
    path,
    kind: "changed",
    legacy,
    candidate,
    erasedPath: path.replace(/\/\d+(?=\/|$)/g, "/*"),
  };
}

export function uuidOf(index: number): string {
  return `"6f9619ff-8b86-d011-b42d-${index.toString(16).padStart(12, "0")}"`;
}

export function isoTime(ms: number): string {
  return JSON.stringify(new Date(ms).toISOString());
}
