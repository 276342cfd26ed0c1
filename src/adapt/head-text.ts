// A head that the codec has read or written, as text that operations change: its first line and its field lines.
// It is valid when it comes; what config adds has no line break in it, so it is valid when it goes.
import { Buffer } from "node:buffer";

export class HeadText {
  /** Request line or status line. */
  first: string;
  #lines: string[];

  constructor(bytes: Buffer) {
    const [first = "", ...lines] = bytes.toString("latin1").split("\r\n");
    this.first = first;
    // Behind the last line are its CR LF and the empty line.
    this.#lines = lines.slice(0, -2);
  }

  /** `name` is in lower case, as in all that follows. */
  get(name: string): string | undefined {
    const line = this.#lines.find((one) => isNamed(one, name));
    return line?.slice(name.length + 1).trim();
  }

  remove(...names: readonly string[]): void {
    this.#lines = this.#lines.filter((line) => !names.some((name) => isNamed(line, name)));
  }

  add(name: string, value: string): void {
    this.#lines.push(`${name}: ${value}`);
  }

  set(name: string, value: string): void {
    this.remove(name);
    this.add(name, value);
  }

  /** Each line keeps its place and its value. Those that had the name already go. */
  rename(name: string, to: string): void {
    if (this.get(name) === undefined) return;
    this.remove(to);
    this.#lines = this.#lines.map((line) => (isNamed(line, name) ? to + line.slice(name.length) : line));
  }

  bytes(): Buffer {
    return Buffer.from(`${[this.first, ...this.#lines].join("\r\n")}\r\n\r\n`, "latin1");
  }
}

function isNamed(line: string, name: string): boolean {
  return line.charCodeAt(name.length) === 0x3a && line.slice(0, name.length).toLowerCase() === name;
}
