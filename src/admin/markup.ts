// HTML from templates. Invariant: what is put into one is escaped, unless a template made it.

/** Text that is markup already. Made by `html`, and of constants of the code. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML and XML have it. */
export function escapeMarkup(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

export type Part = Markup | string | number | readonly Markup[];

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map((item) => item.text).join("");
  return escapeMarkup(String(part));
}

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const first = strings[0] ?? "";
  return new Markup(
    parts.reduce<string>((text, part, i) => text + render(part) + (strings[i + 1] ?? ""), first),
  );
}
