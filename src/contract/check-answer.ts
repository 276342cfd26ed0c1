// Answers held against a contract: documented status, content type, required headers, body against its schema.
// Pure; what it could not look at is said (`unchecked`), never "fine".
import type { FieldLines } from "../core/exchange.ts";
import { type BodyFault, bodyFaults } from "./body-faults.ts";
import type { ContractContent, ContractDocument, ContractResponse } from "./contract-document.ts";
import { cutText, describeSchema } from "./describe-schema.ts";
import { compileOperations } from "./find-operation.ts";
import { SchemaValidators, StepsExceeded } from "./schema-validators.ts";

/** A larger decoded body is not validated: a megabyte takes tens of milliseconds. */
export const CHECK_BODY_BYTES_MAX = 1024 * 1024;

export interface ContractFault extends BodyFault {
  readonly part: "status" | "header" | "body";
}

export interface CheckedRequest {
  readonly method: string;
  readonly target: string;
}

/** One answer, its body decoded; undefined where it was not wholly kept or could not be decoded. */
export interface CheckedAnswer {
  readonly status: number;
  readonly headers: FieldLines;
  readonly body: Uint8Array | undefined;
  /** The body is known, and not looked at again. */
  readonly isBodyKnown?: boolean;
}

export interface AnswerCheck {
  readonly faults: readonly ContractFault[];
  /** Why the body was not validated, where the contract says what it must be. */
  readonly unchecked: "no-operation" | "body-too-large" | "body-not-kept" | "too-many-steps" | undefined;
}

export interface CompiledContract {
  check(request: CheckedRequest, answer: CheckedAnswer): AnswerCheck;
}

const FINE: AnswerCheck = { faults: [], unchecked: undefined };
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Compiles nothing yet: each schema is compiled when the first answer needs it. */
export function compileContract(document: ContractDocument): CompiledContract {
  const find = compileOperations(document);
  const validators = new SchemaValidators(document.schemas);
  const bodyCheck = (id: number, answer: CheckedAnswer): AnswerCheck => checkBody(validators, id, answer);
  return {
    check: ({ method, target }, answer) => {
      if (document.kind === "json-schema") {
        const isAsked = method !== "HEAD" && answer.status >= 200 && answer.status < 300;
        return isAsked && answer.status !== 204 && isJson(essenceOf(answer.headers))
          ? bodyCheck(0, answer)
          : FINE;
      }
      const found = find(method, target);
      if (found.kind !== "found") return { faults: [], unchecked: "no-operation" };
      const { responses } = found.operation;
      const response = responseOf(responses, answer.status);
      if (response === undefined)
        return { faults: [statusFault(responses, answer.status)], unchecked: undefined };
      const faults = headerFaults(response, answer, validators);
      const isEmpty = method === "HEAD" || answer.status === 204 || answer.status === 304;
      if (isEmpty || Object.keys(response.content).length === 0) return { faults, unchecked: undefined };
      const media = mediaOf(response.content, essenceOf(answer.headers));
      if (media === undefined)
        return { faults: [...faults, typeFault(response.content, answer)], unchecked: undefined };
      const id = response.content[media];
      if (id === null || id === undefined || !isJson(essenceOf(answer.headers)))
        return { faults, unchecked: undefined };
      const body = bodyCheck(id, answer);
      return { faults: [...faults, ...body.faults], unchecked: body.unchecked };
    },
  };
}

function responseOf(
  responses: Readonly<Record<string, ContractResponse>>,
  status: number,
): ContractResponse | undefined {
  return responses[String(status)] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses["default"];
}

function essenceOf(headers: FieldLines): string {
  return ((headers.get("content-type") ?? "").split(";", 1)[0] ?? "").trim().toLowerCase();
}

function isJson(essence: string): boolean {
  return essence === "application/json" || essence === "text/json" || essence.endsWith("+json");
}

/** The most specific key of `content` that takes the media type. */
function mediaOf(content: ContractContent, essence: string): string | undefined {
  const range = `${essence.split("/", 1)[0] ?? ""}/*`;
  return [essence, range, "*/*"].find((media) => Object.hasOwn(content, media));
}

function statusFault(responses: Readonly<Record<string, ContractResponse>>, status: number): ContractFault {
  const asked = `one of ${Object.keys(responses).join(", ") || "no status"}`;
  return { part: "status", path: "", erasedPath: "", keyword: "status", asked, found: String(status) };
}

function typeFault(content: ContractContent, { headers }: CheckedAnswer): ContractFault {
  const asked = cutText(`one of ${Object.keys(content).join(", ")}`);
  const found = headers.get("content-type");
  return {
    part: "header",
    path: "content-type",
    erasedPath: "content-type",
    keyword: "content",
    asked,
    found,
  };
}

function headerFaults(
  { headers }: ContractResponse,
  answer: CheckedAnswer,
  validators: SchemaValidators,
): ContractFault[] {
  const faults: ContractFault[] = [];
  for (const [name, { isRequired, schema }] of Object.entries(headers)) {
    const values = answer.headers.getAll(name);
    const fault = { part: "header", path: name, erasedPath: name } as const;
    if (values.length === 0) {
      if (isRequired)
        faults.push({ ...fault, keyword: "required", asked: "a required header", found: undefined });
      continue;
    }
    const text = values.join(", ");
    if (schema === undefined || fitsText(validators, schema, text)) continue;
    faults.push({ ...fault, keyword: "schema", asked: "a value of its schema", found: cutText(text) });
  }
  return faults;
}

/** A header is text: it fits as that, or as the number, boolean or list that it reads as. */
function fitsText(validators: SchemaValidators, schema: number, text: string): boolean {
  const readings: unknown[] = [text, text.split(",").map((item) => item.trim())];
  if (text.trim() !== "" && Number.isFinite(Number(text))) readings.push(Number(text));
  if (text === "true" || text === "false") readings.push(text === "true");
  try {
    return readings.some((reading) => validators.errors(schema, reading).length === 0);
  } catch (error) {
    if (error instanceof StepsExceeded || error instanceof RangeError) return true;
    throw error;
  }
}

function checkBody(
  validators: SchemaValidators,
  id: number,
  { body, isBodyKnown = false }: CheckedAnswer,
): AnswerCheck {
  if (isBodyKnown) return FINE;
  if (body === undefined) return { faults: [], unchecked: "body-not-kept" };
  if (body.length > CHECK_BODY_BYTES_MAX) return { faults: [], unchecked: "body-too-large" };
  try {
    const text = UTF8.decode(body);
    const value: unknown = JSON.parse(text);
    const errors = validators.errors(id, value);
    if (errors.length === 0) return FINE;
    return {
      faults: bodyFaults(errors, value, text).map((fault) => ({ part: "body", ...fault })),
      unchecked: undefined,
    };
  } catch (error) {
    // Alternatives within alternatives, or a nesting beyond the stack: not a word about such a body.
    if (error instanceof StepsExceeded || error instanceof RangeError)
      return { faults: [], unchecked: "too-many-steps" };
    // TextDecoder throws TypeError, JSON.parse SyntaxError: the body is not what its content type says.
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    const found = body.length === 0 ? undefined : `${body.length} bytes`;
    const asked = `JSON: ${describeSchema(undefined)}`;
    return {
      faults: [{ part: "body", path: "", erasedPath: "", keyword: "json", asked, found }],
      unchecked: undefined,
    };
  }
}
