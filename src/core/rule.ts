// A declared normalisation or tolerance. Plain data: config validates it, diff compiles it.

export interface RuleMeta {
  readonly owner?: string | undefined;
  readonly reason?: string | undefined;
  /** ISO date; past it the rule is flagged, not dropped. */
  readonly expires?: string | undefined;
}

/** Paths are RFC 6901 pointers in which `*` stands for one segment and `**` for any number of them. */
export type Rule =
  | ({ readonly kind: "ignore"; readonly path: string } & RuleMeta)
  | ({ readonly kind: "ignore"; readonly header: string } & RuleMeta);
