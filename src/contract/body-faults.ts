// What a JSON body has that its schema does not allow, as places with what was asked. Of alternatives (anyOf, oneOf)
// the place of the choice is told, not each branch; of one alternative beside null, the place within it.
import type { ErrorObject } from "ajv";
import { escapeToken, isRecord } from "./contract-document.ts";
import { cutText, describeSchema } from "./describe-schema.ts";
import { parseRawNumbers } from "./raw-numbers.ts";

/** Violations listed of one answer. */
export const CONTRACT_VIOLATIONS_MAX = 100;

export interface BodyFault {
  /** Pointer to the offending value, or to the member that is missing. */
  readonly path: string;
  /** `path` with array indices as `*`. */
  readonly erasedPath: string;
  readonly keyword: string;
  /** What the contract asks. */
  readonly asked: string;
  /** Raw text of the value; undefined where it is missing. */
  readonly found: string | undefined;
}

/** Faults of `text`, which parsed to `value`, out of the validator's errors; the first of each place and keyword. */
export function bodyFaults(
  errors: readonly ErrorObject[],
  value: unknown,
  text: string,
): readonly BodyFault[] {
  const faults = new Map<string, BodyFault>();
  let exact: unknown;
  for (const error of settledErrors(errors)) {
    if (faults.size >= CONTRACT_VIOLATIONS_MAX) break;
    const { member, asked } = readError(error);
    const path = member === undefined ? error.instancePath : `${error.instancePath}/${escapeToken(member)}`;
    const key = `${error.keyword} ${path}`;
    if (faults.has(key)) continue;
    exact ??= parseRawNumbers(text);
    const found = valueAt(exact, path);
    faults.set(key, {
      path,
      erasedPath: erase(value, path),
      keyword: error.keyword,
      asked,
      found: found === undefined ? undefined : cutText(JSON.stringify(found)),
    });
  }
  return [...faults.values()];
}

/** Without what only says why a branch of an alternative was not taken. */
function settledErrors(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let settled: ErrorObject[] = [];
  for (const error of errors) {
    // Its branch has said what is wrong.
    if (error.keyword === "if") continue;
    if (error.keyword !== "anyOf" && error.keyword !== "oneOf") {
      settled.push(error);
      continue;
    }
    const isInside = ({ instancePath }: ErrorObject) =>
      instancePath === error.instancePath || instancePath.startsWith(`${error.instancePath}/`);
    if (error.data !== null && isOneBesideNull(error.schema)) {
      settled = settled.filter(
        (inner) => !(inner.instancePath === error.instancePath && inner.params["type"] === "null"),
      );
      continue;
    }
    settled = [...settled.filter((inner) => !isInside(inner)), error];
  }
  return settled;
}

function isOneBesideNull(branches: unknown): boolean {
  if (!Array.isArray(branches)) return false;
  const isNull = (branch: unknown) => isRecord(branch) && branch["type"] === "null";
  return branches.length === 2 && branches.filter(isNull).length === 1;
}

/** The member that an error is about, where it is told at its parent; and what was asked. */
function readError(error: ErrorObject): { readonly member: string | undefined; readonly asked: string } {
  const { keyword, params, parentSchema, message } = error;
  const named = (name: string) => (typeof params[name] === "string" ? (params[name] as string) : undefined);
  switch (keyword) {
    case "required":
    case "dependentRequired": {
      const member = named("missingProperty") ?? "";
      const properties = parentSchema?.["properties"];
      const known =
        isRecord(properties) && Object.hasOwn(properties, member) ? properties[member] : undefined;
      const what = isRecord(known) && known["$ref"] === undefined ? `: ${describeSchema(known)}` : "";
      return { member, asked: `a required member${what}` };
    }
    case "additionalProperties":
      return { member: named("additionalProperty"), asked: "no further members" };
    case "unevaluatedProperties":
      return { member: named("unevaluatedProperty"), asked: "no further members" };
    case "propertyNames":
      return { member: named("propertyName"), asked: "another member name" };
    case "anyOf":
    case "oneOf":
    case "not":
    case "contains":
    case "false schema":
      return { member: undefined, asked: `${keyword}: ${message ?? ""}` };
    default:
      return { member: undefined, asked: describeSchema(parentSchema) };
  }
}

function tokensOf(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function valueAt(value: unknown, path: string): unknown {
  return tokensOf(path).reduce(memberOf, value);
}

function erase(value: unknown, path: string): string {
  let at: unknown = value;
  let erased = "";
  for (const token of tokensOf(path)) {
    erased += Array.isArray(at) ? "/*" : `/${escapeToken(token)}`;
    at = memberOf(at, token);
  }
  return erased;
}
