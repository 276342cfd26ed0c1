// Two versions of a contract → every change, classed. Operations are the same when their paths are, whatever their
// parameters are called.
import { ChangeList, type ChangePlace, type ContractChange } from "./changes.ts";
import { SchemaComparison } from "./compare-schemas.ts";
import type {
  ContractContent,
  ContractDocument,
  ContractHeader,
  ContractOperation,
  ContractParameter,
  ContractResponse,
  Direction,
  SchemaId,
} from "./contract-document.ts";
import type { SchemaPair } from "./schema-view.ts";

export interface Comparison {
  readonly changes: readonly ContractChange[];
  /** There are more than are listed. */
  readonly isCut: boolean;
}

/** `direction` is which way a JSON Schema's values go; an OpenAPI document knows it of each. */
export function compareContracts(
  before: ContractDocument,
  after: ContractDocument,
  direction: Direction = "response",
): Comparison {
  const list = new ChangeList();
  const documents: SchemaPair = { old: before.schemas, new: after.schemas, known: new Map() };
  if (before.kind === "json-schema" && after.kind === "json-schema")
    new SchemaComparison(documents, list, { direction, operation: "", place: "" }).run(
      before.schemas[0] ?? true,
      after.schemas[0] ?? true,
    );
  else new OperationsComparison(documents, list).compare(before.operations, after.operations);
  return { changes: list.changes, isCut: list.isCut };
}

function operationKey({ method, path }: ContractOperation): string {
  return `${method} ${path.replace(/\{[^{}/]*\}/g, "{}")}`;
}

/** A path parameter by where it stands: its name is nobody's but the document's. */
function parameterKey({ in: where, name }: ContractParameter, { path }: ContractOperation): string {
  return where === "path" ? `path ${path.split(`{${name}}`)[0]?.split("{").length}` : `${where} ${name}`;
}

class OperationsComparison {
  readonly #documents: SchemaPair;
  readonly #list: ChangeList;

  constructor(documents: SchemaPair, list: ChangeList) {
    this.#documents = documents;
    this.#list = list;
  }

  compare(before: readonly ContractOperation[], after: readonly ContractOperation[]): void {
    const was = new Map(before.map((operation) => [operationKey(operation), operation]));
    const is = new Map(after.map((operation) => [operationKey(operation), operation]));
    for (const key of new Set([...was.keys(), ...is.keys()])) {
      const [old, fresh] = [was.get(key), is.get(key)];
      const shown = fresh ?? old;
      const at = {
        direction: "request",
        operation: `${shown?.method} ${shown?.path}`,
        place: "",
      } as const;
      if (old === undefined) this.#list.add(at, "operation-added", { text: "the operation is new" });
      else if (fresh === undefined)
        this.#list.add(at, "operation-removed", { text: "the operation is gone" });
      else this.#compareOperation(at, old, fresh);
    }
  }

  #compareOperation(at: ChangePlace, before: ContractOperation, after: ContractOperation): void {
    this.#compareParameters(at, before, after);
    this.#compareBody(at, before, after);
    const statuses = new Set([...Object.keys(before.responses), ...Object.keys(after.responses)]);
    for (const status of statuses)
      this.#compareStatus({ ...at, direction: "response", place: `response ${status}` }, status, [
        before,
        after,
      ]);
  }

  #compareParameters(at: ChangePlace, before: ContractOperation, after: ContractOperation): void {
    const was = new Map(before.parameters.map((parameter) => [parameterKey(parameter, before), parameter]));
    const is = new Map(after.parameters.map((parameter) => [parameterKey(parameter, after), parameter]));
    for (const key of new Set([...was.keys(), ...is.keys()])) {
      const [old, fresh] = [was.get(key), is.get(key)];
      const shown = fresh ?? old;
      const place = { ...at, place: `${shown?.in} parameter ${shown?.name}` };
      if (old === undefined) {
        const rule = fresh?.isRequired === true ? "required-parameter-added" : "optional-parameter-added";
        this.#list.add(place, rule, {
          text: fresh?.isRequired === true ? "is new and required" : "is new and optional",
        });
      } else if (fresh === undefined) this.#list.add(place, "parameter-removed", { text: "is gone" });
      else {
        if (!old.isRequired && fresh.isRequired)
          this.#list.add(place, "parameter-required", { text: "is required now" });
        if (old.isRequired && !fresh.isRequired)
          this.#list.add(place, "parameter-optional", { text: "is no longer required" });
        this.#compareSchemas(place, old.schema, fresh.schema);
      }
    }
  }

  #compareBody(at: ChangePlace, before: ContractOperation, after: ContractOperation): void {
    const [old, fresh] = [before.requestBody, after.requestBody];
    const place = { ...at, place: "request body" };
    if (old === undefined && fresh === undefined) return;
    if (old === undefined)
      this.#list.add(place, fresh?.isRequired === true ? "required-body-added" : "optional-body-added", {
        text: fresh?.isRequired === true ? "is new and required" : "is new and optional",
      });
    else if (fresh === undefined) this.#list.add(place, "body-removed", { text: "is gone" });
    else {
      if (!old.isRequired && fresh.isRequired)
        this.#list.add(place, "body-required", { text: "is required now" });
      if (old.isRequired && !fresh.isRequired)
        this.#list.add(place, "body-optional", { text: "is no longer required" });
      this.#compareContent(place, old.content, fresh.content);
    }
  }

  #compareStatus(
    at: ChangePlace,
    status: string,
    [before, after]: readonly [ContractOperation, ContractOperation],
  ): void {
    const old = responseFor(before, status);
    const fresh = responseFor(after, status);
    if (old !== undefined && fresh !== undefined) this.#compareResponse(at, old, fresh);
    else if (old === undefined) this.#list.add(at, "status-added", { text: "can be answered now" });
    else {
      const isSuccess = status.startsWith("2");
      this.#list.add(at, isSuccess ? "success-status-removed" : "status-removed", {
        text: "is not answered any more",
      });
    }
  }

  #compareResponse(at: ChangePlace, before: ContractResponse, after: ContractResponse): void {
    for (const name of new Set([...Object.keys(before.headers), ...Object.keys(after.headers)]))
      this.#compareHeader({ ...at, place: `${at.place} header ${name}` }, [
        before.headers[name],
        after.headers[name],
      ]);
    this.#compareContent(at, before.content, after.content);
  }

  #compareHeader(
    at: ChangePlace,
    [old, fresh]: readonly [ContractHeader | undefined, ContractHeader | undefined],
  ): void {
    if (old === undefined) this.#list.add(at, "header-added", { text: "is new" });
    else if (fresh === undefined) this.#list.add(at, "header-removed", { text: "is gone" });
    else {
      if (!old.isRequired && fresh.isRequired)
        this.#list.add(at, "header-required", { text: "is always there now" });
      if (old.isRequired && !fresh.isRequired)
        this.#list.add(at, "header-optional", { text: "can be missing now" });
      this.#compareSchemas(at, old.schema, fresh.schema);
    }
  }

  #compareContent(at: ChangePlace, before: ContractContent, after: ContractContent): void {
    for (const media of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const place = { ...at, place: `${at.place} ${media}` };
      const [old, fresh] = [before[media], after[media]];
      if (old === undefined) this.#list.add(place, "content-type-added", { text: "is a new content type" });
      else if (fresh === undefined)
        this.#list.add(place, "content-type-removed", { text: "is no content type any more" });
      else this.#compareSchemas(place, old ?? undefined, fresh ?? undefined);
    }
  }

  #compareSchemas(at: ChangePlace, before: SchemaId, after: SchemaId): void {
    const schemaOf = (id: SchemaId) => (id === undefined ? true : { $ref: `#/$defs/${id}` });
    new SchemaComparison(this.#documents, this.#list, at).run(schemaOf(before), schemaOf(after));
  }
}

/** What is said of a status: by itself, by its class, or by default. */
function responseFor({ responses }: ContractOperation, status: string): ContractResponse | undefined {
  const own = responses[status];
  if (own !== undefined || status === "default") return own;
  return responses[`${status.slice(0, 1)}XX`] ?? responses["default"];
}
