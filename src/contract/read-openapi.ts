// An OpenAPI 3.0 or 3.1 document → its operations. Reads what answers and versions are checked by; what a document
// may say beyond that (examples, tags, security, callbacks, links) is passed over.

import type { SchemaCollection } from "./collect-schemas.ts";
import {
  type ContractContent,
  type ContractOperation,
  type ContractParameter,
  type ContractResponse,
  type Direction,
  isRecord,
  PARAMETER_PLACES,
} from "./contract-document.ts";
import { childOf, entriesOf, membersOf, type Place, type SourceDocuments } from "./source-documents.ts";

export const CONTRACT_OPERATIONS_MAX = 5000;

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const;
const STATUS = /^(?:[1-5]\d\d|[1-5]XX|default)$/;
/** More servers than this are stages and regions, not base paths. */
const BASE_PATHS_MAX = 16;

export class OpenApiReader {
  readonly #sources: SourceDocuments;
  readonly #schemas: SchemaCollection;
  readonly #operations: ContractOperation[] = [];

  constructor(sources: SourceDocuments, schemas: SchemaCollection) {
    this.#sources = sources;
    this.#schemas = schemas;
  }

  operations(): readonly ContractOperation[] {
    const { root } = this.#sources;
    const paths = childOf(root, "paths");
    if (!isRecord(paths.value)) {
      this.#sources.fault(root, "paths is missing; name at least one path with its operations");
      return [];
    }
    const basePaths = this.#basePaths(childOf(root, "servers"));
    for (const [path, entry] of membersOf(paths)) {
      if (path.startsWith("x-")) continue;
      if (!path.startsWith("/")) this.#sources.fault(entry, "a path that begins with /");
      else this.#readPath(path, entry, basePaths);
    }
    return this.#operations;
  }

  /** The path of each server's URL, variables at their defaults; each once. */
  #basePaths(servers: Place): readonly string[] {
    const paths = new Set<string>();
    for (const server of entriesOf(servers).slice(0, BASE_PATHS_MAX)) {
      const { url, variables } = isRecord(server.value) ? server.value : {};
      if (typeof url !== "string") {
        this.#sources.fault(server, "a server has a url; add it or remove the server");
        continue;
      }
      const filled = url.replace(/\{([^{}]*)\}/g, (all, name: string) => {
        const variable = isRecord(variables) ? variables[name] : undefined;
        return isRecord(variable) && variable["default"] !== undefined ? String(variable["default"]) : all;
      });
      const path = filled.replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/]*/i, "").replace(/[?#].*$/, "");
      paths.add(path.replace(/\/+$/, ""));
    }
    return paths.size === 0
      ? [""]
      : [...paths].map((path) => (path === "" || path.startsWith("/") ? path : `/${path}`));
  }

  #readPath(path: string, entry: Place, basePaths: readonly string[]): void {
    const item = this.#sources.resolve(entry);
    if (item === undefined) return;
    if (!isRecord(item.value)) {
      this.#sources.fault(item, "a path is a mapping of methods to operations");
      return;
    }
    const servers = childOf(item, "servers");
    const shared = this.#parameters(childOf(item, "parameters"));
    for (const method of METHODS) {
      const operation = childOf(item, method);
      if (operation.value === undefined) continue;
      if (!isRecord(operation.value)) {
        this.#sources.fault(operation, "an operation is a mapping; name its responses");
        continue;
      }
      const ownServers = childOf(operation, "servers");
      const bases = [ownServers, servers].find((place) => entriesOf(place).length > 0);
      const read = this.#readOperation(operation, shared);
      for (const base of bases === undefined ? basePaths : this.#basePaths(bases)) {
        if (this.#operations.length >= CONTRACT_OPERATIONS_MAX) {
          this.#sources.fault(
            operation,
            `more than ${CONTRACT_OPERATIONS_MAX} operations; split the document`,
          );
          return;
        }
        this.#operations.push({ method: method.toUpperCase(), path: `${base}${path}`, ...read });
      }
    }
  }

  #readOperation(
    operation: Place,
    shared: readonly ContractParameter[],
  ): Omit<ContractOperation, "method" | "path"> {
    const own = this.#parameters(childOf(operation, "parameters"));
    const isOverridden = (a: ContractParameter) => own.some((b) => a.name === b.name && a.in === b.in);
    const responses: Record<string, ContractResponse> = {};
    const listed = childOf(operation, "responses");
    if (!isRecord(listed.value))
      this.#sources.fault(operation, "responses is missing; name each status and what it answers");
    for (const [status, response] of membersOf(listed)) {
      if (status.startsWith("x-")) continue;
      if (STATUS.test(status)) responses[status] = this.#response(response);
      else this.#sources.fault(response, "a status is 200, 2XX or default; correct it");
    }
    return {
      parameters: [...shared.filter((parameter) => !isOverridden(parameter)), ...own],
      requestBody: this.#requestBody(childOf(operation, "requestBody")),
      responses,
    };
  }

  #requestBody(place: Place): ContractOperation["requestBody"] {
    if (place.value === undefined) return undefined;
    const body = this.#sources.resolve(place);
    if (body === undefined || !isRecord(body.value)) return undefined;
    return {
      isRequired: body.value["required"] === true,
      content: this.#content(childOf(body, "content"), "request"),
    };
  }

  #parameters(list: Place): readonly ContractParameter[] {
    const found: ContractParameter[] = [];
    for (const entry of entriesOf(list)) {
      const parameter = this.#sources.resolve(entry);
      if (parameter === undefined) continue;
      const { name, in: where, required } = isRecord(parameter.value) ? parameter.value : {};
      const at = PARAMETER_PLACES.find((known) => known === where);
      if (typeof name !== "string" || at === undefined) {
        this.#sources.fault(
          parameter,
          `a parameter has a name, and in: one of ${PARAMETER_PLACES.join(", ")}`,
        );
        continue;
      }
      found.push({
        name: at === "header" ? name.toLowerCase() : name,
        in: at,
        isRequired: required === true || at === "path",
        schema: this.#schemaOf(parameter, "request"),
      });
    }
    return found;
  }

  /** A schema, or that of the one media type that parameters and headers may have in its stead. */
  #schemaOf(holder: Place, direction: Direction): number | undefined {
    const schema = childOf(holder, "schema");
    if (schema.value !== undefined) return this.#schemas.idOf(schema, direction);
    const [first] = membersOf(childOf(holder, "content"));
    const inner = first === undefined ? undefined : childOf(first[1], "schema");
    return inner?.value === undefined ? undefined : this.#schemas.idOf(inner, direction);
  }

  #response(place: Place): ContractResponse {
    const response = this.#sources.resolve(place);
    if (response === undefined) return { headers: {}, content: {} };
    if (!isRecord(response.value))
      this.#sources.fault(response, "a response is a mapping with at least a description");
    const headers: Record<string, ContractResponse["headers"][string]> = {};
    for (const [name, entry] of membersOf(childOf(response, "headers"))) {
      const header = this.#sources.resolve(entry);
      if (header === undefined || !isRecord(header.value)) continue;
      // OpenAPI: a header of this name is described by `content`.
      if (name.toLowerCase() === "content-type") continue;
      headers[name.toLowerCase()] = {
        isRequired: header.value["required"] === true,
        schema: this.#schemaOf(header, "response"),
      };
    }
    return { headers, content: this.#content(childOf(response, "content"), "response") };
  }

  #content(map: Place, direction: Direction): ContractContent {
    if (map.value !== undefined && !isRecord(map.value))
      this.#sources.fault(map, "content is a mapping of media types");
    const content: Record<string, number | null> = {};
    for (const [name, entry] of membersOf(map)) {
      const media = (name.split(";", 1)[0] ?? "").trim().toLowerCase();
      const schema = childOf(entry, "schema");
      const id = schema.value === undefined ? undefined : this.#schemas.idOf(schema, direction);
      content[media] ??= id ?? null;
    }
    return content;
  }
}
