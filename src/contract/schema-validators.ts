// Schemas compiled by ajv, each when it is first needed. Bounded against what a body can do to it: patterns of
// linear time, unique items by hashing, steps counted, long texts not held against a format.
import { createRequire } from "node:module";
import type { FormatDefinition } from "ajv";
import type { Ajv2020, ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import type { JsonSchema } from "./contract-document.ts";
import { schemaPattern } from "./schema-pattern.ts";

/** Loading ajv costs every process and thread some 25 ms at its start: those that have a contract pay it. */
const require = createRequire(import.meta.url);
const loadAjv = () => require("ajv/dist/2020.js") as typeof import("ajv/dist/2020.js");
const loadFormats = () =>
  require("ajv-formats/dist/formats.js") as typeof import("ajv-formats/dist/formats.js");

/** Formats that are checked; others say nothing. Those of OpenAPI for numbers are about their width. */
const FORMATS = [
  "date-time",
  "date",
  "time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uri",
  "uuid",
  "json-pointer",
  "int32",
  "int64",
  "float",
  "double",
] as const;
/** No address, name or time is longer; what is, would keep a format's pattern busy. */
const FORMAT_CHARS_MAX = 1024;
/** Referred-to schemas entered for one body: recursive alternatives can multiply without end. */
export const CHECK_STEPS_MAX = 200_000;

/** The steps of one check are used up. */
export class StepsExceeded extends Error {}

export class SchemaValidators {
  readonly #ajv: Ajv2020;
  readonly #validators: (ValidateFunction | undefined)[];
  #stepsLeft = 0;

  constructor(schemas: readonly JsonSchema[]) {
    this.#validators = schemas.map(() => undefined);
    this.#ajv = newAjv();
    this.#ajv.addKeyword({
      keyword: STEP,
      schema: false,
      validate: () => {
        if (--this.#stepsLeft < 0) throw new StepsExceeded();
        return true;
      },
    });
    const counted = schemas.map((schema) =>
      typeof schema === "boolean" ? schema : { [STEP]: true, ...schema },
    );
    this.#ajv.addSchema({ $id: ROOT, $defs: Object.fromEntries(counted.entries()) });
  }

  /** What is wrong with `value`; throws StepsExceeded, and RangeError where it is nested too deep for the stack. */
  errors(id: number, value: unknown): readonly ErrorObject[] {
    this.#validators[id] ??= this.#ajv.compile({ $ref: `${ROOT}#/$defs/${id}` });
    const validate = this.#validators[id];
    this.#stepsLeft = CHECK_STEPS_MAX;
    return validate(value) ? [] : (validate.errors ?? []);
  }
}

const ROOT = "contract:/";
const STEP = "x-parallax-step";

function newAjv(): Ajv2020 {
  const { Ajv2020 } = loadAjv();
  const { fullFormats } = loadFormats();
  const ajv = new Ajv2020({
    // Unknown keywords were dropped when the contract was read, and the schemas held against the dialect.
    strict: false,
    validateSchema: false,
    logger: false,
    // Every violation, since those that the legacy has as well are taken away.
    allErrors: true,
    verbose: true,
    ownProperties: true,
    inlineRefs: false,
    code: { regExp: Object.assign(testerOf, { code: "linearPattern" }) },
  });
  for (const name of FORMATS) ajv.addFormat(name, bounded(fullFormats[name] as FormatDefinition<string>));
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    error: { message: "must not have the same item twice" },
    validate: (isAsked: boolean, items: readonly unknown[]) =>
      !isAsked || new Set(items.map(canonicalText)).size === items.length,
  });
  return ajv;
}

/** One that linear time does not have was refused when the contract was read; here it says nothing. */
function testerOf(pattern: string): { test: (text: string) => boolean } {
  const linear = schemaPattern(pattern);
  return { test: linear.ok ? linear.isMatch : () => true };
}

function bounded(format: FormatDefinition<string> | FormatDefinition<number> | RegExp | boolean) {
  if (typeof format === "object" && "type" in format && format.type === "number") return format;
  const validate = typeof format === "object" && "validate" in format ? format.validate : format;
  const isValid = (text: string): boolean => {
    if (validate instanceof RegExp) return validate.test(text);
    return typeof validate === "function" ? Boolean((validate as (text: string) => unknown)(text)) : true;
  };
  return { validate: (text: string) => text.length > FORMAT_CHARS_MAX || isValid(text) };
}

/** The same text for equal values, whatever the order of their members. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

let metaAjv: Ajv2020 | undefined;

/** What JSON Schema itself says of a schema: its first fault, without the alternatives; undefined for a fine one. */
export function metaFault(schema: JsonSchema): ErrorObject | undefined {
  metaAjv ??= new (loadAjv().Ajv2020)({ strict: false, logger: false, allErrors: false });
  return metaAjv.validateSchema(schema) === true ? undefined : metaAjv.errors?.[0];
}
