// YAML text → plain data, and where each key stands. Takes hostile text: every failure is a fault with a place.
// One document, YAML 1.2 core schema; no merge keys, no custom tags.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import type { KeyPath } from "./problem.ts";

/** Aliases may multiply what they stand for by this much (against alias bombs). */
const ALIASES_MAX = 100;
/** The parser recurses; no config is this deep, and a deeper one would end it. */
export const YAML_DEPTH_MAX = 100;

interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlFault extends Partial<Place> {
  readonly message: string;
}

export type YamlResult =
  | { readonly ok: true; readonly value: unknown; readonly placeOf: (path: KeyPath) => Place | undefined }
  | { readonly ok: false; readonly faults: readonly YamlFault[] };

/**
 * Does nesting go past the limit? A first look that knows no quotes and comments: it may be strict. Without it a
 * megabyte of `? ` keeps the parser busy for minutes; what gets past it ends as the parser's own stack overflow.
 */
function isTooDeep(text: string): boolean {
  let flowDepth = 0;
  let lineOpeners = 0;
  const indents: number[] = [];
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    if (indent === line.length) continue;
    while (indents.length > 0 && (indents.at(-1) as number) >= indent) indents.pop();
    indents.push(indent);
    // `- - - -` and `? ? ?` nest within one line.
    lineOpeners = (/^\s*(?:[-?]\s+)*/.exec(line)?.[0].match(/[-?]/g) ?? []).length;
    for (const character of line) {
      if (character === "[" || character === "{") flowDepth++;
      else if ((character === "]" || character === "}") && flowDepth > 0) flowDepth--;
      if (flowDepth > YAML_DEPTH_MAX) return true;
    }
    if (indents.length + lineOpeners > YAML_DEPTH_MAX) return true;
  }
  return false;
}

/** Keys that a mapping has twice. The parser's own check compares every pair of keys, which is quadratic. */
function duplicateKeys(root: Node | null): { key: string; offset: number }[] {
  const found: { key: string; offset: number }[] = [];
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (isSeq(node)) for (const item of node.items) waiting.push(item);
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const pair of node.items) {
      waiting.push(pair.value);
      if (!isScalar(pair.key)) continue;
      const key = String(pair.key.value);
      if (seen.has(key)) found.push({ key, offset: pair.key.range?.[0] ?? 0 });
      seen.add(key);
    }
  }
  return found;
}

/** The offset of the value's key, or of the deepest ancestor that the text has. */
function offsetOf(document: Document, path: KeyPath): number | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined || !isScalar(pair.key)) return offset;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      const range = (node as Node | undefined)?.range;
      offset = range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

/** Reads one YAML document. `{}` for an empty one. */
export function readYaml(text: string): YamlResult {
  if (isTooDeep(text))
    return { ok: false, faults: [{ message: `nesting of at most ${YAML_DEPTH_MAX} levels` }] };
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      stringKeys: true,
      version: "1.2",
      schema: "core",
      merge: false,
    });
    const faults: YamlFault[] = [...document.errors, ...document.warnings].map((fault) => ({
      message: `valid YAML (${fault.message.replace(/\s+/g, " ")})`,
      ...place(fault.pos[0]),
    }));
    for (const { key, offset } of duplicateKeys(document.contents))
      faults.push({ message: `each key once; ${JSON.stringify(key)} is there again`, ...place(offset) });
    if (faults.length > 0) return { ok: false, faults };
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    return {
      ok: true,
      value: value ?? {},
      placeOf: (path) => {
        const offset = offsetOf(document, path);
        return offset === undefined ? undefined : place(offset);
      },
    };
  } catch (error) {
    // The library throws for unresolved and for excessive aliases, and a parser that meets new hostile text may.
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, faults: [{ message: `valid YAML (${message.replace(/\s+/g, " ").slice(0, 200)})` }] };
  }
}
