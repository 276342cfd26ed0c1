// "Did you mean …?": the known name that is nearest to a mistyped one.

/** A longer name is not a slip of the fingers; it also bounds the table below. */
const NAME_CHARACTERS_MAX = 48;

/** Insertions, deletions, replacements and swaps of neighbours between two short names. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** The nearest of `known`, or undefined when none is within a third of its length. Letter case costs nothing. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > NAME_CHARACTERS_MAX) return undefined;
  let closest: string | undefined;
  let closestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    if (candidate.length > NAME_CHARACTERS_MAX) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const distanceMax = Math.max(1, Math.floor(Math.max(name.length, candidate.length) / 3));
    if (distance <= distanceMax && distance < closestDistance) {
      closest = candidate;
      closestDistance = distance;
    }
  }
  return closest;
}
