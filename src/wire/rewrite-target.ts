// The target of a request as the candidate knows it, whether it serves or is mirrored to.

export interface TargetRewrite {
  readonly from: string;
  readonly to: string;
}

/** A target that begins with `from`, as whole segments, begins with `to`. */
export function rewriteTarget(target: string, rewrite: TargetRewrite | undefined): string {
  if (rewrite === undefined || !target.startsWith(rewrite.from)) return target;
  const rest = target.slice(rewrite.from.length);
  const isWholeSegment =
    rewrite.from.endsWith("/") || rest === "" || rest.startsWith("/") || rest.startsWith("?");
  if (!isWholeSegment) return target;
  let rewritten = rewrite.to + rest;
  if (rest !== "" && !rest.startsWith("?")) {
    // One slash where the two meet, whether or not `from` and `to` were written with one at their end.
    const path = rewrite.to.endsWith("/") ? rewrite.to.slice(0, -1) : rewrite.to;
    rewritten = rest.startsWith("/") ? path + rest : `${path}/${rest}`;
  }
  return rewritten.startsWith("/") ? rewritten : `/${rewritten}`;
}
