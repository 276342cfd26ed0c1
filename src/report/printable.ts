// Text of strangers made safe to print: a header or a body must not move the cursor.

/** Control and direction characters, and what is no character at all, become spaces; a longer text ends in `…`. */
export function printable(text: string, charactersMax: number): string {
  const safe = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Noncharacter_Code_Point}\u2028\u2029]/gu, " ");
  const characters = [...safe];
  return characters.length > charactersMax ? `${characters.slice(0, charactersMax - 1).join("")}…` : safe;
}
