// Replaces string values in a JSON text by their place and leaves every other byte as it is: digits and order stay.
// Iterates, so that no depth of a body is a depth of the stack.

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,:{}[\]"]+/y;

interface Open {
  readonly isArray: boolean;
  /** Pointer of the container. */
  readonly path: string;
  index: number;
  key: string | undefined;
}

/** Calls `map` with the pointer and the raw text (quotes and all) of each string value. Undefined where it is no JSON. */
export function mapJsonStrings(
  text: string,
  map: (path: string, raw: string) => string | undefined,
): string | undefined {
  if (!isJson(text)) return undefined;
  const pieces: string[] = [];
  const open: Open[] = [];
  let copied = 0;
  let at = 0;
  const pathHere = (): string => {
    const top = open.at(-1);
    if (top === undefined) return "";
    return `${top.path}/${top.isArray ? top.index : (top.key ?? "").replaceAll("~", "~0").replaceAll("/", "~1")}`;
  };
  while (at < text.length) {
    const character = text[at] as string;
    const top = open.at(-1);
    if (character === '"') {
      STRING.lastIndex = at;
      const raw = STRING.exec(text)?.[0] ?? '"';
      if (top !== undefined && !top.isArray && top.key === undefined) top.key = JSON.parse(raw) as string;
      else {
        const mapped = map(pathHere(), raw);
        if (mapped !== undefined) {
          pieces.push(text.slice(copied, at), mapped);
          copied = at + raw.length;
        }
      }
      at += raw.length;
      continue;
    }
    if (character === "{" || character === "[")
      open.push({ isArray: character === "[", path: pathHere(), index: 0, key: undefined });
    else if (character === "}" || character === "]") open.pop();
    else if (character === "," && top !== undefined) {
      top.index++;
      top.key = undefined;
    } else {
      SCALAR.lastIndex = at;
      const scalar = SCALAR.exec(text)?.[0];
      if (scalar !== undefined) {
        at += scalar.length;
        continue;
      }
    }
    at++;
  }
  pieces.push(text.slice(copied));
  return pieces.join("");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // the caller says what it does with other texts
  }
}
