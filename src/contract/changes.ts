// What two versions of a contract differ in: one change, its direction, its class. The rules are docs/contract.md's.
import { assert } from "../core/assert.ts";
import type { Direction } from "./contract-document.ts";

export type ChangeClass = "additive" | "breaking";

export interface ContractChange {
  /** Which way the value goes that changed: what clients send, or what they get. */
  readonly direction: Direction;
  readonly class: ChangeClass;
  readonly rule: ChangeRule;
  /** `GET /users/{id}`; empty for a schema by itself. */
  readonly operation: string;
  /** `response 200 application/json`, `query parameter limit`; empty for the whole operation. */
  readonly place: string;
  /** Pointer to the value within the place; any item, and any further member, is `*`. */
  readonly path: string;
  /** A sentence for people. */
  readonly text: string;
}

/**
 * The one table of classes: clients may be asked for less and given more. `values-…`: what the change does to the set
 * of values that fit. A rule without a direction does not occur in it.
 */
export const CHANGE_RULES = {
  "operation-added": { request: "additive" },
  "operation-removed": { request: "breaking" },
  "optional-parameter-added": { request: "additive" },
  "required-parameter-added": { request: "breaking" },
  "parameter-removed": { request: "breaking" },
  "parameter-optional": { request: "additive" },
  "parameter-required": { request: "breaking" },
  "optional-body-added": { request: "additive" },
  "required-body-added": { request: "breaking" },
  "body-removed": { request: "breaking" },
  "body-optional": { request: "additive" },
  "body-required": { request: "breaking" },
  "content-type-added": { request: "additive", response: "additive" },
  "content-type-removed": { request: "breaking", response: "breaking" },
  "status-added": { response: "breaking" },
  "status-removed": { response: "additive" },
  "success-status-removed": { response: "breaking" },
  "header-added": { response: "additive" },
  "header-removed": { response: "breaking" },
  "header-required": { response: "additive" },
  "header-optional": { response: "breaking" },
  "optional-property-added": { request: "additive", response: "additive" },
  "required-property-added": { request: "breaking", response: "additive" },
  "property-added-to-closed": { request: "additive", response: "breaking" },
  "property-removed": { request: "breaking", response: "breaking" },
  "property-optional": { request: "additive", response: "breaking" },
  "property-required": { request: "breaking", response: "additive" },
  "values-wider": { request: "additive", response: "breaking" },
  "values-narrower": { request: "breaking", response: "additive" },
  "values-other": { request: "breaking", response: "breaking" },
  "cannot-tell": { request: "breaking", response: "breaking" },
} as const satisfies Readonly<Record<string, Readonly<Partial<Record<Direction, ChangeClass>>>>>;

export type ChangeRule = keyof typeof CHANGE_RULES;

/** Changes listed; a document that has more was replaced, not changed. */
export const CONTRACT_CHANGES_MAX = 10_000;

export type ChangePlace = Pick<ContractChange, "direction" | "operation" | "place">;

export class ChangeList {
  readonly changes: ContractChange[] = [];
  isCut = false;

  add(at: ChangePlace, rule: ChangeRule, { path = "", text }: { path?: string; text: string }): void {
    if (this.changes.length >= CONTRACT_CHANGES_MAX) {
      this.isCut = true;
      return;
    }
    const classes: Readonly<Partial<Record<Direction, ChangeClass>>> = CHANGE_RULES[rule];
    const changeClass = classes[at.direction];
    assert(changeClass !== undefined, `${rule} occurs in a ${at.direction}`);
    const { direction, operation, place } = at;
    this.changes.push({ direction, class: changeClass, rule, operation, place, path, text });
  }
}
