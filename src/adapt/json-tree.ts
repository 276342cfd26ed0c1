// A JSON text that operations change: containers are opened where an operation looks into them, and what nobody
// changed is written as the bytes it was. A tree must not outlive its tape. Nothing here recurses.
import { ARRAY, OBJECT, STRIDE, type Tape } from "../diff/json/tape.ts";
import { segmentText } from "../diff/text.ts";

/** One member or element. What it was in its container's own text stays known, so that it is written as it was. */
export class Child {
  /** Its key in the container's tape; -1 for an element, and for a member that was added. */
  readonly key: number;
  /** Its value there; -1 for one that was added. */
  readonly own: number;
  isRemoved = false;
  isRenamed = false;
  #name: string | undefined;
  #value: JsonNode | undefined;

  constructor(key: number, own: number, value?: JsonNode) {
    this.key = key;
    this.own = own;
    this.#value = value;
  }

  /** `container` is the one that it is in, here and below. */
  nameIn({ tape }: JsonNode): string {
    this.#name ??= segmentText(tape, this.key);
    return this.#name;
  }

  rename(name: string): void {
    this.#name = name;
    this.isRenamed = true;
  }

  valueIn(container: JsonNode): JsonNode {
    this.#value ??= new JsonNode(container.tape, this.own, container);
    return this.#value;
  }

  /** Undefined while nobody has looked into it: it is as its container's tape says. */
  get seenValue(): JsonNode | undefined {
    return this.#value;
  }

  replace(value: JsonNode): void {
    this.#value = value;
  }

  isContainerIn({ tape }: JsonNode): boolean {
    return this.#value === undefined ? isContainer(tape, this.own) : this.#value.isContainer;
  }
}

export function isContainer(tape: Tape, at: number): boolean {
  const kind = tape.kind(at);
  return kind === OBJECT || kind === ARRAY;
}

export class JsonNode {
  readonly tape: Tape;
  readonly at: number;
  readonly isObject: boolean;
  /** Something in it is not as the tape says. */
  isChanged = false;
  removed = 0;
  #parent: JsonNode | undefined;
  #children: Child[] | undefined;

  constructor(tape: Tape, at: number, parent: JsonNode | undefined) {
    this.tape = tape;
    this.at = at;
    this.isObject = tape.kind(at) === OBJECT;
    this.#parent = parent;
  }

  get isContainer(): boolean {
    return isContainer(this.tape, this.at);
  }

  /** False: it is as the tape says, and nothing was made of it yet. */
  get isOpen(): boolean {
    return this.#children !== undefined;
  }

  /** How many `children` are, removed ones included. */
  get size(): number {
    return this.#children?.length ?? this.tape.count(this.at);
  }

  /** Of a container, removed ones included. */
  get children(): readonly Child[] {
    this.#children ??= this.#open();
    return this.#children;
  }

  #open(): Child[] {
    const { tape, isObject } = this;
    const children: Child[] = [];
    let at = this.at + STRIDE;
    for (let left = tape.count(this.at); left > 0; left--) {
      const own = isObject ? tape.next(at) : at;
      children.push(new Child(isObject ? at : -1, own));
      at = tape.next(own);
    }
    return children;
  }

  /** What is above it is written anew, too. */
  touch(): void {
    for (let node: JsonNode | undefined = this; node !== undefined && !node.isChanged; node = node.#parent)
      node.isChanged = true;
  }

  remove(child: Child): void {
    if (child.isRemoved) return;
    child.isRemoved = true;
    this.removed++;
    this.touch();
  }

  /** A member behind all others. */
  add(name: string, value: JsonNode): void {
    value.#parent = this;
    const child = new Child(-1, -1, value);
    child.rename(name);
    this.#children ??= this.#open();
    this.#children.push(child);
    this.touch();
  }

  replace(child: Child, value: JsonNode): void {
    value.#parent = this;
    child.replace(value);
    this.touch();
  }
}
