// Recorded traffic: one JSON object a line, a request and what the legacy answered, redacted before it is written.
// Written by a running Parallax, read by `parallax replay`. Lines of another schemaVersion are refused.
import type { SampleMessage } from "./batch.ts";

export const RECORDING_SCHEMA_VERSION = 1;

export interface RecordedExchange {
  readonly schemaVersion: typeof RECORDING_SCHEMA_VERSION;
  readonly id: string;
  readonly atMs: number;
  readonly route: string;
  readonly endpoint: string;
  /** `isBodyCut` where the body was not wholly kept: it cannot be sent again. */
  readonly request: SampleMessage & { readonly method: string; readonly target: string };
  /** What the legacy answered then; undefined where only the request is known. */
  readonly legacy: (SampleMessage & { readonly status: number; readonly latencyMs: number }) | undefined;
}
