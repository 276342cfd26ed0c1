// Which status codes the legacy answers with, and what the candidate makes of it where that is another mix.
type Mix = Readonly<Record<string, number>>;

/** `200 98 %, 404 2 %`, most first. */
function mixText(mix: Mix, codesMax: number): string {
  const entries = Object.entries(mix).sort(([, a], [, b]) => b - a);
  const all = entries.reduce((sum, [, count]) => sum + count, 0);
  if (entries.length === 1) return entries[0]?.[0] ?? "";
  return entries
    .slice(0, codesMax)
    .map(([code, count]) => `${code}\u00a0${Math.round((100 * count) / all)}%`)
    .join(" ");
}

const CODES_ALL = 99;

export function StatusMix({ legacy, candidate }: { readonly legacy: Mix; readonly candidate: Mix }) {
  const before = mixText(legacy, 2);
  const after = mixText(candidate, 2);
  const title = `legacy ${mixText(legacy, CODES_ALL) || "none"}; candidate ${mixText(candidate, CODES_ALL) || "not asked"}`;
  // What was not mirrored differs in nothing.
  const isAsked = after !== "";
  return (
    <span title={title}>
      {before === "" ? "–" : before}
      {after === before || !isAsked ? null : <strong class="bad"> → {after}</strong>}
    </span>
  );
}
