// A text that is shown, cut where it is too long. Never between the halves of a surrogate pair: that would be no text.

/** The first `charactersMax` UTF-16 units, or one less, and `…`. */
export function shortened(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const last = text.charCodeAt(charactersMax - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, isHalf ? charactersMax - 1 : charactersMax)}…`;
}
