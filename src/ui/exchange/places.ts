// Where differences stand in a body: their pointers (RFC 6901) led through its nodes, all in one walk.
import { childrenOf, type JsonTape, OBJECT } from "./json-tape.ts";

export interface Pointed {
  readonly path: string;
  /** Of the difference, in the exchange. */
  readonly index: number;
}

export interface Places {
  /** Node → the differences that are the node's own. */
  readonly exact: ReadonlyMap<number, readonly number[]>;
  /** Nodes with a difference somewhere below. */
  readonly above: ReadonlySet<number>;
  /** Those that lead to nothing that is here. */
  readonly missing: readonly number[];
}

interface Branch {
  readonly own: number[];
  readonly below: Map<string, Branch>;
}

const emptyBranch = (): Branch => ({ own: [], below: new Map() });

/** The tokens of a pointer. What is no pointer leads to the root. */
export function tokensOf(path: string): readonly string[] {
  if (!path.startsWith("/")) return [];
  return path
    .slice(1)
    .split("/")
    .map((token) => (token.includes("~") ? token.replaceAll("~1", "/").replaceAll("~0", "~") : token));
}

function branchesOf(pointed: readonly Pointed[]): Branch {
  const root = emptyBranch();
  for (const { path, index } of pointed) {
    let branch = root;
    for (const token of tokensOf(path)) {
      let below = branch.below.get(token);
      if (below === undefined) {
        below = emptyBranch();
        branch.below.set(token, below);
      }
      branch = below;
    }
    branch.own.push(index);
  }
  return root;
}

export function placesOf(tape: JsonTape, pointed: readonly Pointed[]): Places {
  const exact = new Map<number, readonly number[]>();
  const above = new Set<number>();
  const found = new Set<number>();
  if (pointed.length === 0) return { exact, above, missing: [] };
  const open: { readonly node: number; readonly branch: Branch; readonly parent: number }[] = [
    { node: 0, branch: branchesOf(pointed), parent: -1 },
  ];
  const parents = new Map<number, number>();
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const { node, branch, parent } = top;
    parents.set(node, parent);
    if (branch.own.length > 0) {
      exact.set(node, branch.own);
      for (const index of branch.own) found.add(index);
      // Each node is marked once: what is above a marked one is marked, too.
      for (let at = parent; at >= 0 && !above.has(at); at = parents.get(at) ?? -1) above.add(at);
    }
    if (branch.below.size === 0 || !tape.isContainer(node)) continue;
    const { values, keys } = childrenOf(tape, node);
    const isObject = tape.kind(node) === OBJECT;
    for (const [at, value] of values.entries()) {
      const below = branch.below.get(isObject ? tape.name(keys[at] as number) : String(at));
      if (below !== undefined) open.push({ node: value, branch: below, parent: node });
    }
  }
  return { exact, above, missing: pointed.map(({ index }) => index).filter((index) => !found.has(index)) };
}
