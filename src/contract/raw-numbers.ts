// JSON with its numbers as they were written: a double does not have the digits of every one.

/** ECMAScript's JSON.rawJSON and the source of a value, which the types do not have yet. */
const json = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

/** `text` parsed; JSON.stringify gives each number back as it was written. Throws what JSON.parse throws. */
export function parseRawNumbers(text: string): unknown {
  return json.parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined ? json.rawJSON(source) : value,
  );
}
