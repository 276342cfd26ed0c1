// What can be asked of a request: whose it is, by something it says, or by where it comes from.

/** Where a text is read from in a request. Names of headers are in lower case. */
export type RequestValue =
  | { readonly kind: "header" | "cookie" | "query" | "claim"; readonly name: string }
  /** The segment of the path, counted from 0, that the route's template calls `name`. */
  | { readonly kind: "path"; readonly name: string; readonly segment: number };

export type Condition =
  | { readonly kind: "values"; readonly from: RequestValue; readonly values: readonly string[] }
  /** RE2's language (core/linear-pattern), of the whole value. */
  | { readonly kind: "pattern"; readonly from: RequestValue; readonly pattern: string }
  /** CIDR; the client's address, or what a trusted proxy says that it is. */
  | { readonly kind: "networks"; readonly networks: readonly string[] };
