// Previews as they are asked for: rules read and refused with every problem, one preview at a time.
import type { Clock } from "../core/clock.ts";
import type { Rule } from "../core/rule.ts";
import type { Snapshot } from "../core/snapshot.ts";
import type { StoreFault } from "../store/store.ts";
import { type PreviewStore, previewRules, type RulePreview } from "./preview.ts";

const CUSTOM_PROBLEM = "custom rules run in shadow threads and in `parallax diff` only: try it there";

export interface AskedPreview {
  /** As they were written. */
  readonly rules: unknown;
  readonly route?: string | undefined;
  readonly endpoint?: string | undefined;
}

export type PreviewResult =
  | { readonly kind: "ok"; readonly preview: RulePreview }
  | { readonly kind: "refused"; readonly problems: readonly string[] }
  /** Another one is under way. */
  | { readonly kind: "busy" }
  | ({ readonly kind: "failed" } & StoreFault);

export interface PreviewerParts {
  readonly store: PreviewStore;
  readonly clock: Clock;
  readonly snapshot: () => Snapshot;
  /** The rules, or every problem of what was given, a line each. */
  readonly read: (
    given: unknown,
  ) =>
    | { readonly ok: true; readonly rules: readonly Rule[] }
    | { readonly ok: false; readonly problems: readonly string[] };
}

export class Previewer {
  readonly #parts: PreviewerParts;
  #isBusy = false;

  constructor(parts: PreviewerParts) {
    this.#parts = parts;
  }

  async preview({ rules: given, route, endpoint }: AskedPreview): Promise<PreviewResult> {
    const { store, clock, snapshot, read } = this.#parts;
    const parsed = read(given);
    if (!parsed.ok) return { kind: "refused", problems: parsed.problems };
    const { rules } = parsed;
    const problems = rules.flatMap(({ kind }, at) =>
      kind === "custom" ? [`[${at}]: ${CUSTOM_PROBLEM}`] : [],
    );
    if (problems.length > 0) return { kind: "refused", problems };
    if (this.#isBusy) return { kind: "busy" };
    this.#isBusy = true;
    try {
      const request = { rules, route, endpoint };
      const found = await previewRules(request, { store, clock, snapshot: snapshot() });
      return found.kind === "ok" ? { kind: "ok", preview: found.value } : found;
    } finally {
      this.#isBusy = false;
    }
  }
}
