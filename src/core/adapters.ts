// What a route's adapter does for old clients of the new service: to their requests before the candidate gets them,
// to its answers before they get these. Plain data; adapt/ gives it its meaning.
import type { Condition } from "./condition.ts";

/** Of the body's members. Paths are pointers in the language of the rules: `*` is one segment, `**` any number. */
export type BodyOperation =
  /** The member keeps its place and gets another name. */
  | { readonly on: "body"; readonly kind: "rename"; readonly path: string; readonly to: string }
  /** As many `*` in `to` as in `path`. */
  | { readonly on: "body"; readonly kind: "move"; readonly path: string; readonly to: string }
  | { readonly on: "body"; readonly kind: "remove"; readonly path: string }
  /** `value` is a JSON text. */
  | {
      readonly on: "body";
      readonly kind: "default" | "constant";
      readonly path: string;
      readonly value: string;
    };

/** Of header lines, whose names are in lower case, or of query parameters. */
export type NamedOperation =
  | { readonly on: "header" | "query"; readonly kind: "rename"; readonly name: string; readonly to: string }
  | { readonly on: "header" | "query"; readonly kind: "remove"; readonly name: string }
  | {
      readonly on: "header" | "query";
      readonly kind: "default" | "constant";
      readonly name: string;
      readonly value: string;
    };

export interface StatusOperation {
  readonly on: "status";
  /** A code, or the first digit of a class: 4 is 4xx. */
  readonly from: number;
  readonly to: number;
}

export type AdapterOperation = BodyOperation | NamedOperation | StatusOperation;

export interface AdapterSettings {
  readonly request: readonly AdapterOperation[];
  readonly response: readonly AdapterOperation[];
  /** Of a body, as it comes and as it goes. */
  readonly bodyBytesMax: number;
  /** What becomes of a body that cannot be adapted: the exchange fails, or it goes on as it came. */
  readonly onFailure: "fail" | "pass";
  /** Whose requests: all conditions hold. Without any, everybody's. */
  readonly when: readonly Condition[];
}
