// Which operation of a contract a request belongs to: most literal segments first, as OpenAPI asks.
import type { ContractDocument, ContractOperation } from "./contract-document.ts";

/** A longer path is in no contract that people wrote. */
const PATH_CHARS_MAX = 8192;

export type FoundOperation =
  | { readonly kind: "found"; readonly operation: ContractOperation }
  | { readonly kind: "unknown-path" }
  | { readonly kind: "unknown-method"; readonly methods: readonly string[] };

interface Branch {
  readonly literals: Map<string, Branch>;
  /** Segments that are parameters in part or in whole, in the order of the document. */
  readonly parameters: { readonly prefix: string; readonly suffix: string; readonly branch: Branch }[];
  readonly byMethod: Map<string, ContractOperation>;
}

function newBranch(): Branch {
  return { literals: new Map(), parameters: [], byMethod: new Map() };
}

function segmentsOf(path: string): string[] {
  return path.split("/").slice(1);
}

function plant(root: Branch, operation: ContractOperation): void {
  let branch = root;
  for (const segment of segmentsOf(operation.path)) {
    const open = segment.indexOf("{");
    if (open < 0) {
      const next = branch.literals.get(segment) ?? newBranch();
      branch.literals.set(segment, next);
      branch = next;
      continue;
    }
    // `{a}-{b}`: what is between the first and the last brace may be anything.
    const [prefix, suffix] = [segment.slice(0, open), segment.slice(segment.lastIndexOf("}") + 1)];
    let known = branch.parameters.find(
      (parameter) => parameter.prefix === prefix && parameter.suffix === suffix,
    );
    if (known === undefined) {
      known = { prefix, suffix, branch: newBranch() };
      branch.parameters.push(known);
      branch.parameters.sort((a, b) => b.prefix.length + b.suffix.length - a.prefix.length - a.suffix.length);
    }
    branch = known.branch;
  }
  if (!branch.byMethod.has(operation.method)) branch.byMethod.set(operation.method, operation);
}

/** Branches looked at per level: without a bound, parameters beside literals would double with each segment. */
const BRANCHES_MAX = 64;

function branchesAt(root: Branch, segments: readonly string[]): readonly Branch[] {
  let level: Branch[] = [root];
  for (const segment of segments) {
    const next: Branch[] = [];
    for (const { literals, parameters } of level) {
      const literal = literals.get(segment);
      if (literal !== undefined) next.push(literal);
      for (const { prefix, suffix, branch } of parameters)
        if (
          segment.length > prefix.length + suffix.length &&
          segment.startsWith(prefix) &&
          segment.endsWith(suffix)
        )
          next.push(branch);
    }
    level = next.slice(0, BRANCHES_MAX);
  }
  return level.filter(({ byMethod }) => byMethod.size > 0);
}

/** The path of a target in origin or absolute form. */
function pathOf(target: string): string {
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "");
}

export function compileOperations(
  document: ContractDocument,
): (method: string, target: string) => FoundOperation {
  const root = newBranch();
  for (const operation of document.operations) plant(root, operation);
  return (method, target) => {
    const path = pathOf(target);
    if (path.length > PATH_CHARS_MAX) return { kind: "unknown-path" };
    const branches = branchesAt(root, segmentsOf(path));
    for (const { byMethod } of branches) {
      // HEAD answers what GET would, without the body (RFC 9110 §9.3.2).
      const operation = byMethod.get(method) ?? (method === "HEAD" ? byMethod.get("GET") : undefined);
      if (operation !== undefined) return { kind: "found", operation };
    }
    if (branches.length === 0) return { kind: "unknown-path" };
    return { kind: "unknown-method", methods: branches.flatMap(({ byMethod }) => [...byMethod.keys()]) };
  };
}
