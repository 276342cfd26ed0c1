// A changed tree → its bytes. What nobody changed is copied as it was, white space included; what was added is set
// apart as its neighbours are. Iterative: depth is the input's choice.
import { Buffer } from "node:buffer";
import type { Child, JsonNode } from "./json-tree.ts";

const COMMA = Buffer.from(",");
const COLON = Buffer.from(":");

/** Ranges of bytes that make one text together; neighbours in the same bytes become one. */
class Ranges {
  readonly #bytesMax: number;
  readonly #parts: Buffer[] = [];
  #bytes: Buffer | undefined;
  #start = 0;
  #end = 0;
  #total = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get isOver(): boolean {
    return this.#total > this.#bytesMax;
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (start >= end) return;
    this.#total += end - start;
    if (bytes === this.#bytes && start === this.#end) {
      this.#end = end;
      return;
    }
    this.#flush();
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  addAll(bytes: Buffer): void {
    this.add(bytes, 0, bytes.length);
  }

  #flush(): void {
    if (this.#bytes !== undefined) this.#parts.push(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = undefined;
  }

  join(): Buffer {
    this.#flush();
    return Buffer.concat(this.#parts, this.#total);
  }
}

/** A container that is being written. */
interface Frame {
  readonly node: JsonNode;
  readonly children: readonly Child[];
  next: number;
  hasAny: boolean;
}

/** Where the bytes before a child of the text begin: behind the one before it, or behind the opening bracket. */
function gapStart({ tape, at }: JsonNode, children: readonly Child[], index: number): number {
  return index === 0 ? tape.start(at) + 1 : tape.end((children[index - 1] as Child).own);
}

function startOf({ tape }: JsonNode, child: Child): number {
  return tape.start(child.key >= 0 ? child.key : child.own);
}

/** The bytes before a child: its own, or those of the first two of its container. */
function addGap(out: Ranges, { node, children, hasAny }: Frame, index: number): void {
  const child = children[index] as Child;
  if (child.own >= 0 && (hasAny || index === 0)) addGapOf(out, node, children, index);
  else if (hasAny && (children[1]?.own ?? -1) >= 0) addGapOf(out, node, children, 1);
  else {
    if (hasAny) out.addAll(COMMA);
    if ((children[0]?.own ?? -1) >= 0) addGapOf(out, node, children, 0);
  }
}

function addGapOf(out: Ranges, node: JsonNode, children: readonly Child[], index: number): void {
  out.add(node.tape.bytes, gapStart(node, children, index), startOf(node, children[index] as Child));
}

function addName(out: Ranges, { node, children }: Frame, child: Child): void {
  const { tape } = node;
  if (child.key >= 0) {
    if (child.isRenamed) out.addAll(Buffer.from(JSON.stringify(child.nameIn(node))));
    else out.add(tape.bytes, tape.start(child.key), tape.end(child.key));
    out.add(tape.bytes, tape.end(child.key), tape.start(child.own));
    return;
  }
  out.addAll(Buffer.from(JSON.stringify(child.nameIn(node))));
  const first = children[0];
  if (first !== undefined && first.key >= 0) out.add(tape.bytes, tape.end(first.key), tape.start(first.own));
  else out.addAll(COLON);
}

/** Where the bytes between the last child and the closing bracket begin. */
function tailStart({ tape, at }: JsonNode, children: readonly Child[]): number {
  let last = tape.count(at) - 1;
  while (last >= 0 && (children[last] as Child).own < 0) last--;
  return last < 0 ? tape.start(at) + 1 : tape.end((children[last] as Child).own);
}

function addAsItWas(out: Ranges, { tape }: JsonNode, at: number): void {
  out.add(tape.bytes, tape.start(at), tape.end(at));
}

/** The text of the tree; undefined where it is longer than `bytesMax`. */
export function writeTree(root: JsonNode, bytesMax: number): Buffer | undefined {
  const out = new Ranges(bytesMax);
  const frames: Frame[] = [];
  const { tape } = root;
  const begin = (node: JsonNode): void => {
    const start = node.tape.start(node.at);
    if (!node.isChanged) {
      addAsItWas(out, node, node.at);
      return;
    }
    out.add(node.tape.bytes, start, start + 1);
    frames.push({ node, children: node.children, next: 0, hasAny: false });
  };
  out.add(tape.bytes, 0, tape.start(root.at));
  begin(root);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (out.isOver) return undefined;
    const index = frame.next++;
    const child = frame.children[index];
    if (child === undefined) {
      const { node } = frame;
      const end = node.tape.end(node.at);
      if (frame.hasAny) out.add(node.tape.bytes, tailStart(node, frame.children), end - 1);
      out.add(node.tape.bytes, end - 1, end);
      frames.pop();
    } else if (!child.isRemoved) {
      addGap(out, frame, index);
      if (frame.node.isObject) addName(out, frame, child);
      frame.hasAny = true;
      if (child.seenValue === undefined) addAsItWas(out, frame.node, child.own);
      else begin(child.seenValue);
    }
  }
  out.add(tape.bytes, tape.end(root.at), tape.bytes.length);
  return out.isOver ? undefined : out.join();
}
