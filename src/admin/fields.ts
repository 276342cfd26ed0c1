// Fields that several answers of the admin API have.
import { z } from "zod";
import { TRIAGE_STATES } from "../core/triage.ts";
import { DIFFERENCE_KINDS } from "../core/verdict.ts";

export const count = z.number().int().nonnegative();
export const countByName = z.record(z.string(), count);
export const atMs = z.number().describe("Milliseconds since the epoch");
export const part = z.enum(["status", "header", "body"]);
export const kind = z.enum(DIFFERENCE_KINDS);
export const state = z
  .enum(TRIAGE_STATES)
  .describe("reopened: it was fixed, and came back; accepted ends at its date");
