// Percent-encoding, as far as redaction needs it: what is looked for has ASCII alone, so that other bytes stay as they
// were written.

const ESCAPE = /%([0-9a-fA-F]{2})/g;

/** Past it nobody reads the text as it was meant: a URL in a parameter of a URL in a parameter. */
export const LEVELS_MAX = 3;

export function decodeAscii(text: string): string {
  return text.replaceAll("+", " ").replace(ESCAPE, (whole: string, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return code < 0x80 ? String.fromCharCode(code) : whole;
  });
}

/** Text that no part of a target or form ends at. Brackets stay, so that placeholders read as such. */
export function encodePiece(text: string): string {
  return text.replace(/[^A-Za-z0-9%[\]._~!$'()*,:@\x80-\uffff-]/g, (character) =>
    encodeURIComponent(character),
  );
}
