// The files of one contract, and where references in them lead. Nothing beyond the document's own folder is read and
// nothing over the network; every problem is a line with a place.
import { posix } from "node:path";
import { shortened } from "../core/shortened.ts";
import { type ContractProblem, escapeToken, isRecord } from "./contract-document.ts";

/** A document of more files is cut up beyond what anybody reads; bundle it. */
export const CONTRACT_FILES_MAX = 64;
/** Of a reference that leads nowhere. */
const REFERENCE_CHARACTERS_SHOWN_MAX = 200;
/** References that lead to references: a chain that is longer is a circle. */
const CHAIN_MAX = 32;
/** One wrong key can make thousands of lines; the first are enough to begin with. */
export const CONTRACT_PROBLEMS_MAX = 20;

/** One file of the contract by its path below the document's folder; the caller reads and parses. */
export type LoadTree = (
  file: string,
) => { readonly ok: true; readonly tree: unknown } | { readonly ok: false; readonly what: string };

/** A value in one of the files. */
export interface Place {
  readonly file: string;
  readonly pointer: string;
  readonly value: unknown;
}

export function childOf({ file, pointer, value }: Place, key: string | number): Place {
  const child = isRecord(value) || Array.isArray(value) ? ownMember(value, String(key)) : undefined;
  return { file, pointer: `${pointer}/${escapeToken(String(key))}`, value: child };
}

function ownMember(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

/** Members of a mapping, as places; none where it is no mapping. */
export function membersOf(place: Place): readonly (readonly [name: string, member: Place])[] {
  if (!isRecord(place.value)) return [];
  return Object.keys(place.value).map((name) => [name, childOf(place, name)] as const);
}

/** Entries of a list, as places; none where it is no list. */
export function entriesOf(place: Place): readonly Place[] {
  if (!Array.isArray(place.value)) return [];
  return place.value.map((_, index) => childOf(place, index));
}

export class SourceDocuments {
  readonly problems: ContractProblem[] = [];
  readonly #load: LoadTree;
  readonly #trees = new Map<string, unknown>();
  readonly root: Place;

  constructor(file: string, load: LoadTree) {
    this.#load = load;
    this.root = { file, pointer: "", value: this.#treeOf(file, file) };
  }

  fault(place: { readonly file: string; readonly pointer: string }, what: string): void {
    const where = place.pointer === "" ? place.file : `${place.file}#${place.pointer}`;
    if (this.problems.length >= CONTRACT_PROBLEMS_MAX) return;
    if (this.problems.some((problem) => problem.where === where && problem.what === what)) return;
    this.problems.push({ where, what });
  }

  /** The file's tree, read once; undefined, and a problem, where it cannot be had. */
  #treeOf(file: string, where: string): unknown {
    if (this.#trees.has(file)) return this.#trees.get(file);
    if (this.#trees.size >= CONTRACT_FILES_MAX) {
      this.fault({ file: where, pointer: "" }, `more than ${CONTRACT_FILES_MAX} files; bundle them into one`);
      return undefined;
    }
    const loaded = this.#load(file);
    const tree = loaded.ok ? loaded.tree : undefined;
    if (!loaded.ok) this.fault({ file: where, pointer: "" }, loaded.what);
    this.#trees.set(file, tree);
    return tree;
  }

  /** Follows `$ref` as long as there is one; undefined, and a problem, where it leads nowhere. */
  resolve(place: Place): Place | undefined {
    let at = place;
    for (let step = 0; step < CHAIN_MAX; step++) {
      if (!isRecord(at.value) || typeof at.value["$ref"] !== "string") return at;
      const next = this.target(at, at.value["$ref"]);
      if (next === undefined) return undefined;
      at = next;
    }
    this.fault(place, "a reference that leads to itself; point it at a value");
    return undefined;
  }

  /** Where the reference `text`, standing at `from`, leads. */
  target(from: Place, text: string): Place | undefined {
    const [name = "", fragment = ""] = text.split("#", 2);
    const shown = shortened(text, REFERENCE_CHARACTERS_SHOWN_MAX);
    const file = this.#fileOf(from, name, shown);
    if (file === undefined) return undefined;
    const known = this.problems.length;
    const tree = this.#treeOf(file, `${from.file}#${from.pointer}`);
    if (this.problems.length > known) return undefined;
    const found = this.#walk({ file, pointer: "", value: tree }, fragment);
    if (found === undefined || found.value === undefined) {
      this.fault(from, `$ref ${JSON.stringify(shown)} leads to nothing; correct it`);
      return undefined;
    }
    return found;
  }

  #fileOf(from: Place, name: string, shown: string): string | undefined {
    if (name === "") return from.file;
    if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(name)) {
      this.fault(
        from,
        `$ref ${JSON.stringify(shown)} is not read over the network; put the file beside the document and name it`,
      );
      return undefined;
    }
    const decoded = decode(name);
    const file =
      decoded === undefined ? ".." : posix.normalize(posix.join(posix.dirname(from.file), decoded));
    if (file.startsWith("..") || file.startsWith("/") || decoded?.startsWith("/") || file.includes("\\")) {
      this.fault(
        from,
        `$ref ${JSON.stringify(shown)} leads out of the document's folder; move the file into it`,
      );
      return undefined;
    }
    return file;
  }

  #walk(root: Place, fragment: string): Place | undefined {
    const pointer = decode(fragment);
    if (pointer === "") return root;
    if (pointer === undefined || !pointer.startsWith("/")) return anchored(root, fragment);
    let at = root;
    for (const token of pointer.slice(1).split("/"))
      at = childOf(at, token.replaceAll("~1", "/").replaceAll("~0", "~"));
    return at;
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a lone %: no name that can be meant
  }
}

/** The schema in a file that has `$anchor: name`. */
function anchored(root: Place, name: string): Place | undefined {
  const waiting: Place[] = [root];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (isRecord(place.value) && place.value["$anchor"] === name) return place;
    for (const [, member] of membersOf(place)) waiting.push(member);
    waiting.push(...entriesOf(place));
  }
  return undefined;
}
