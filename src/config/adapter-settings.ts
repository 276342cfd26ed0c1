// Config → what serving and shadow threads adapt by, for one route.
import type { AdapterOperation, AdapterSettings } from "../core/adapters.ts";
import { assertNever } from "../core/assert.ts";
import { conditionFrom } from "./rollout-settings.ts";
import type { AdaptersConfig, OperationConfig } from "./schema-adapters.ts";
import { pointerOf } from "./schema-rules.ts";

/** Exactly one of these is given: the schema says so. */
interface Targets {
  readonly path?: string | undefined;
  readonly header?: string | undefined;
  readonly query?: string | undefined;
}

type Target =
  | { readonly on: "body"; readonly path: string }
  | { readonly on: "header" | "query"; readonly name: string };

function targetOf({ path, header, query }: Targets): Target {
  if (header !== undefined) return { on: "header", name: header.toLowerCase() };
  if (query !== undefined) return { on: "query", name: query };
  return { on: "body", path: pointerOf(path ?? "") };
}

function operationFrom(config: OperationConfig): AdapterOperation {
  switch (config.kind) {
    case "rename": {
      const target = targetOf(config);
      return { ...target, kind: "rename", to: target.on === "header" ? config.to.toLowerCase() : config.to };
    }
    case "move":
      return { on: "body", kind: "move", path: pointerOf(config.from), to: pointerOf(config.to) };
    case "remove":
      return { ...targetOf(config), kind: "remove" };
    case "default":
    case "constant": {
      const target = targetOf(config);
      const value = target.on === "body" ? JSON.stringify(config.value) : String(config.value);
      return { ...target, kind: config.kind, value };
    }
    case "status":
      return { on: "status", from: Number.parseInt(String(config.from), 10), to: config.to };
    default:
      return assertNever(config);
  }
}

/** `template` is the path template of the route's match. */
export function adaptersFrom(
  config: AdaptersConfig | undefined,
  template: string,
): AdapterSettings | undefined {
  if (config === undefined) return undefined;
  const { request, response, bodyBytesMax, onFailure, when } = config;
  return {
    request: request.map(operationFrom),
    response: response.map(operationFrom),
    bodyBytesMax,
    onFailure,
    when: when.map((condition) => conditionFrom(condition, template)),
  };
}
