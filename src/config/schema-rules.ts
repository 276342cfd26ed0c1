// The rules of a route, or of all: one strict object per kind, with exactly the fields of that kind.
// Plain data in, plain data out: what needs files or other rules is in rules.ts.
import * as z from "zod";
import { linearPatternProblem } from "../core/linear-pattern.ts";
import { ARRAY_MODES, RULE_KINDS, SHAPE_CLASSES } from "../core/rule.ts";
import { pointerFault } from "./grammar.ts";
import { pointerFromJsonPath } from "./json-path.ts";
import {
  checkedText,
  date,
  filePath,
  headerName,
  listOf,
  milliseconds,
  note,
  oneOf,
  section,
} from "./values.ts";

export const RULES_MAX = 1000;
/** Members of a compound key: more is a sign that the whole element is meant, which `unordered` compares. */
const KEYS_MAX = 16;
const PATH_CHARACTERS_MAX = 1024;
/** Digits of a tolerance: more than any number that is compared. */
const DECIMAL_CHARACTERS_MAX = 64;
const DAY_MS = 86_400_000;
/** Between two answers of one exchange; more says nothing about them any more. */
const WITHIN_MS_MAX = 3660 * DAY_MS;
/** Of a default's value: deeper ones are a mistake, and would end what recurses over them. */
const VALUE_DEPTH_MAX = 64;

const PATH_TEXT =
  "a JSON pointer that begins with /, such as /items/*/id (* is one segment, ** any number), or a JSONPath such as $.items[*].id";

/** The pointer that a path stands for, JSONPath or pointer. `fault` says what is wrong with one that is neither. */
function readRulePath(
  text: string,
): { readonly ok: true; readonly pointer: string } | { readonly ok: false; readonly fault: string } {
  if (text.length > PATH_CHARACTERS_MAX)
    return { ok: false, fault: `a path of at most ${PATH_CHARACTERS_MAX} characters` };
  if (text.startsWith("$")) return pointerFromJsonPath(text);
  if (text === "") return { ok: true, pointer: "" };
  if (!text.startsWith("/")) return { ok: false, fault: PATH_TEXT };
  const fault = pointerFault(text);
  return fault === undefined ? { ok: true, pointer: text } : { ok: false, fault };
}

/** The pointer of a path that passed the schema. */
export function pointerOf(text: string): string {
  const read = readRulePath(text);
  return read.ok ? read.pointer : text;
}

export function rulePath(furtherFault: (pointer: string) => string | undefined = () => undefined) {
  return checkedText(PATH_TEXT, (text) => {
    const read = readRulePath(text);
    return read.ok ? furtherFault(read.pointer) : read.fault;
  });
}

const stars = (pointer: string) => pointer.split("/").filter((segment) => segment === "*").length;
const hasSegment = (pointer: string, wanted: string) => pointer.split("/").includes(wanted);

export const anyPath = rulePath().describe(
  "Pointer into the body; * is one segment, ** any number. JSONPath: $.items[*].id.",
);
const movedPath = rulePath((pointer) => {
  if (hasSegment(pointer, "**"))
    return "a path without **: the two places must be told apart; * is one segment";
  return pointer === "" ? "the path of a member: the root cannot move" : undefined;
});
const keyPath = rulePath((pointer) =>
  hasSegment(pointer, "*") || hasSegment(pointer, "**")
    ? "a path to one value below each element, such as /id, without * and **"
    : undefined,
);

const DECIMAL = /^(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?$/;
const decimalError = 'a decimal number that is not negative, such as "0.01", 5 or "1e-9"';
const decimal = z
  .union([z.string(), z.number()], { error: decimalError })
  .refine((value) => DECIMAL.test(String(value)) && String(value).length <= DECIMAL_CHARACTERS_MAX, {
    error: decimalError,
  });

const shapeError = `one of ${SHAPE_CLASSES.join(", ")}, or a regular expression between slashes, such as /^[A-Z]{3}-[0-9]+$/`;
const shapeClass = checkedText(shapeError, (text) => {
  if ((SHAPE_CLASSES as readonly string[]).includes(text)) return undefined;
  if (text.length < 2 || !text.startsWith("/") || !text.endsWith("/")) return shapeError;
  return linearPatternProblem(text.slice(1, -1));
});

const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;
const statusError = "a status code from 100 to 599, or a class of them: 1xx, 2xx, 3xx, 4xx or 5xx";
const status = z.union(
  [
    z.int({ error: statusError }).min(100, { error: statusError }).max(599, { error: statusError }),
    z.enum(STATUS_CLASSES, { error: statusError }),
  ],
  { error: statusError },
);

function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > VALUE_DEPTH_MAX) return false;
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
  return true;
}
export const jsonValue = z
  .any()
  .refine((value) => value !== undefined, {
    error: "the value that a missing one stands for: any JSON value",
  })
  .refine(isShallow, { error: `a value of at most ${VALUE_DEPTH_MAX} levels` });

const meta = {
  owner: note.optional().describe("Who answers for the rule."),
  reason: note.optional().describe("Why it is there."),
  expires: date.optional().describe("Past this date the rule is flagged."),
};
const path = anyPath;
const eitherTarget = {
  path: anyPath.optional(),
  header: headerName.optional().describe("Name of a header, in place of path."),
};

const kind = <const K extends string>(name: K) =>
  z.literal(name).describe("What the rule does; docs/rules.md has a paragraph for each kind.");

function hasOneTarget(rule: { readonly path?: unknown; readonly header?: unknown }): boolean {
  return (rule.path === undefined) !== (rule.header === undefined);
}
const ONE_TARGET = { error: "either path or header, and not both" };
const starsAgree = (rule: { readonly from: string; readonly to: string }) =>
  stars(pointerOf(rule.from)) === stars(pointerOf(rule.to));
const differs = (rule: { readonly from: string; readonly to: string }) =>
  pointerOf(rule.from) !== pointerOf(rule.to);

export const ruleSchema = z.discriminatedUnion(
  "kind",
  [
    z
      .strictObject({ kind: kind("ignore"), ...eitherTarget, ...meta }, section)
      .refine(hasOneTarget, ONE_TARGET),
    z
      .strictObject(
        {
          kind: kind("shape"),
          ...eitherTarget,
          class: shapeClass.describe(
            "shape: what both sides must look like; a name, or /regex/ of the whole value.",
          ),
          ...meta,
        },
        section,
      )
      .refine(hasOneTarget, ONE_TARGET),
    z
      .strictObject(
        {
          kind: kind("tolerance"),
          ...eitherTarget,
          abs: decimal.optional().describe("tolerance: largest difference of the two numbers, included."),
          rel: decimal.optional().describe("tolerance: largest share of the legacy's magnitude, included."),
          ...meta,
        },
        section,
      )
      .refine(hasOneTarget, ONE_TARGET)
      .refine((rule) => rule.abs !== undefined || rule.rel !== undefined, {
        error: "abs, rel or both: how far apart two numbers may be",
      }),
    z
      .strictObject(
        {
          kind: kind("timestamp"),
          ...eitherTarget,
          withinMs: milliseconds(0, WITHIN_MS_MAX).describe(
            "timestamp: how far apart two valid times may be.",
          ),
          ...meta,
        },
        section,
      )
      .refine(hasOneTarget, ONE_TARGET),
    z
      .strictObject(
        {
          kind: kind("array"),
          path,
          mode: oneOf(ARRAY_MODES).describe("array: how elements find their partners."),
          by: z
            .union([keyPath, listOf(keyPath, KEYS_MAX).min(1, { error: "at least one path" })], {
              error: "a path below each element, such as /id, or a list of such paths",
            })
            .optional()
            .describe("array, mode keyed: where each element's key is; several make one key together."),
          ...meta,
        },
        section,
      )
      .refine((rule) => (rule.mode === "keyed") === (rule.by !== undefined), {
        error: "by with mode keyed, which needs it, and with no other mode",
        path: ["by"],
      }),
    z.strictObject({ kind: kind("nullIsAbsent"), path, ...meta }, section),
    z.strictObject({ kind: kind("additive"), path, ...meta }, section),
    z
      .strictObject({ kind: kind("coerce"), ...eitherTarget, ...meta }, section)
      .refine(hasOneTarget, ONE_TARGET),
    z
      .strictObject(
        {
          kind: kind("rename"),
          from: movedPath.describe("rename: the member's place in the legacy's answer."),
          to: movedPath.describe("rename: its place in the candidate's; as many * as in from."),
          ...meta,
        },
        section,
      )
      .refine(starsAgree, {
        error: "as many * in to as in from: the nth stands for the same segment",
        path: ["to"],
      })
      .refine(differs, { error: "another place than from", path: ["to"] }),
    z.strictObject(
      {
        kind: kind("default"),
        path,
        value: jsonValue.describe("default: what a missing value stands for; any JSON value."),
        ...meta,
      },
      section,
    ),
    z
      .strictObject({ kind: kind("case"), ...eitherTarget, ...meta }, section)
      .refine(hasOneTarget, ONE_TARGET),
    z
      .strictObject({ kind: kind("trim"), ...eitherTarget, ...meta }, section)
      .refine(hasOneTarget, ONE_TARGET),
    z
      .strictObject(
        {
          kind: kind("status"),
          legacy: status.describe("status: the legacy's code, or a class such as 2xx."),
          candidate: status.describe("status: the candidate's, which counts as the same."),
          ...meta,
        },
        section,
      )
      .refine((rule) => typeof rule.legacy !== "number" || rule.legacy !== rule.candidate, {
        error: "another code than legacy: equal codes never differ",
        path: ["candidate"],
      }),
    z.strictObject(
      {
        kind: kind("custom"),
        module: filePath.describe("custom: a module of yours, relative to this file's folder."),
        path: anyPath.optional(),
        ...meta,
      },
      section,
    ),
  ],
  {
    error: ({ code }) =>
      code === "invalid_union" ? `one of ${RULE_KINDS.join(", ")}` : "a rule: a mapping with a kind",
  },
);

export const rules = listOf(ruleSchema, RULES_MAX).default([]);
export const rulesSchema = listOf(ruleSchema, RULES_MAX);

/** What tells which keys a rule may have. */
export function rulesJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(rulesSchema, { io: "input" });
}

export type RuleConfig = z.output<typeof ruleSchema>;
